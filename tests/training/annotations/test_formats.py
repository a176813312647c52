"""Files as other programs write them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from core_model.timeline import Task
from tests.training.annotations.projects import random_project
from training.annotations.errors import AnnotationError
from training.annotations.interchange import Options, encode, read, write_each
from training.annotations.interchange.formats import Reading
from training.annotations.model import AnnotationSet, Segment, State, Video

Event = tuple[str, int, int]


def reading_of(
    folder: Path, name: str, text: str | bytes, options: Options | None = None
) -> Reading:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, None, options)


def events(reading: Reading) -> list[Event]:
    """Label, onset and offset in milliseconds."""
    return [
        (each.label, each.onset_us // 1_000, each.offset_us // 1_000)
        for each in reading.annotations.segments
    ]


def losses(reading: Reading) -> dict[str, int]:
    return {loss.what: loss.count for loss in reading.losses}


def test_audacity_with_frequencies(tmp_path: Path) -> None:
    text = "1.5\t2,25\tdog\n\\\t100.0\t2000.0\n3.0\t3.0\tclick\n4\t5\t\n"
    reading = reading_of(tmp_path, "clip.txt", text)
    assert reading.format == "audacity"
    assert events(reading) == [("dog", 1500, 2250), ("click", 3000, 3000)]
    assert losses(reading) == {"frequencies of labels": 1, "events without a label": 1}
    assert reading.annotations.videos == (Video("clip"),)


VTT = """\ufeffWEBVTT - a title
Kind: captions

STYLE
::cue { color: red }

NOTE a remark
over two lines

intro
00:01.000 --> 00:02.500 align:start position:0%
<v.loud Anna>a &amp; b <i>barks</i> &lt;loud&gt;

no times here

00:00:05.000 --> nonsense
broken

01:00:00.000 --> 01:00:01.000
<00:00:05.000><c.red>second</c>
line
"""


def test_webvtt_with_all_that_it_may_hold(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "x.vtt", VTT.replace("\n", "\r\n"))
    assert events(reading) == [
        ("a & b barks <loud>", 1000, 2500),
        ("second line", 3_600_000, 3_601_000),
    ]
    assert losses(reading) == {"broken cues": 2}
    assert reading.annotations.segments[0].annotator == "Anna"


def test_srt_with_tags_and_broken_cues(tmp_path: Path) -> None:
    text = (
        "\ufeff1\n00:00:01,000 --> 00:00:02,000\n<i>dog</i> {\\an8}barks\n\n"
        "2\n00:00:xx,000 --> 00:00:03,000\nbroken\n\n"
        '3\n00:00:04.5 --> 00:00:05,000  X1:10\n<font color="red">cat\nmiaows</font>\n'
    )
    reading = reading_of(tmp_path, "x.srt", text)
    assert events(reading) == [("dog barks", 1000, 2000), ("cat miaows", 4500, 5000)]
    assert losses(reading) == {"broken cues": 1}


LONG_GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.25
            text = "he said ""no"" 3 ! times"
        intervals [3]:
            xmin = 1.25
            xmax = 2.5
            text = "Übung"
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 1.75
            mark = "click"
"""
SHORT_GRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
2.5
<exists>
2
"IntervalTier"
"words"
0
2.5
3
0
0.5
""
0.5
1.25
"he said ""no"" 3 ! times"
1.25
2.5
"Übung"
"TextTier"
"clicks"
0
2.5
1
1.75
"click"
"""


@pytest.mark.parametrize("text", [LONG_GRID, SHORT_GRID])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_text_grid_long_and_short(text: str, encoding: str, tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "x.TextGrid", text.encode(encoding))
    assert events(reading) == [
        ('he said "no" 3 ! times', 500, 1250),
        ("Übung", 1250, 2500),
        ("click", 1750, 1750),
    ]
    assert reading.annotations.videos == (Video("x", 2_500_000),)
    assert reading.annotations.segments[0].note == "tier words"


BORIS_TABULAR = """Observation id\tmorning\t\t
Media file(s)\t\t\t
Player #1\tclip.mp4\t\t
\t\t\t
Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tComment\tStatus
3.3\tclip.mp4\t60.0\t25.0\tfox\trun\t\t\tSTART
4.0\tclip.mp4\t60.0\t25.0\twolf\trun\t\t\tSTART
5.5\tclip.mp4\t60.0\t25.0\t\tbark\t\tloud\tPOINT
7.75\tclip.mp4\t60.0\t25.0\tfox\trun\t\t\tSTOP
9.0\tclip.mp4\t60.0\t25.0\twolf\trun\t\t\tSTOP
"""


def test_boris_pairs_and_points(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "x.tsv", BORIS_TABULAR)
    assert reading.format == "boris"
    assert sorted(events(reading)) == [
        ("bark", 5500, 5500),
        ("run", 3300, 7750),
        ("run", 4000, 9000),
    ]
    assert reading.annotations.videos == (Video("clip.mp4", 60_000_000),)
    assert {each.note for each in reading.annotations.segments} == {
        "subject fox",
        "subject wolf",
        "loud",
    }


def test_boris_stop_without_start_names_its_line(tmp_path: Path) -> None:
    text = BORIS_TABULAR.replace("3.3\tclip.mp4\t60.0\t25.0\tfox\trun\t\t\tSTART\n", "")
    with pytest.raises(AnnotationError, match=r"x\.tsv: line 8: 'run' stops and never started"):
        reading_of(tmp_path, "x.tsv", text)


def test_boris_aggregated(tmp_path: Path) -> None:
    text = (
        "Observation id,Media file name,FPS,Subject,Behavior,Modifiers,Behavior type,"
        "Start (s),Stop (s),Duration (s),Comment start,Comment stop\n"
        "one,player #1:/data/clip.mp4,25,No focal subject,run,fast,STATE,1.8,8.125,6.325,,\n"
        "one,player #1:/data/clip.mp4,25,No focal subject,bark,,POINT,32.825,NA,NA,,\n"
    )
    reading = reading_of(tmp_path, "x.csv", text)
    assert reading.format == "boris"
    assert events(reading) == [("run", 1800, 8125), ("bark", 32825, 32825)]
    assert reading.annotations.segments[0].video == "clip.mp4"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("filename\tonset\toffset\tevent_label\na.wav\t0.5\t1\tdog\n", Task.SED),
        ("a.wav\t0.5\t1\tdog\n", Task.SED),
        ("label;begin time (s);end time (s);file\ndog;0,5;1;a.wav\n", Task.SED),
        ("video,start_ms,end_ms,class\na.wav,500,1000,dog\n", Task.SED),
        ("video,task,label,onset_s,offset_s,score\na.wav,avel,dog,0.5,1,0.9\n", Task.AVEL),
    ],
)
def test_tables_of_many_sorts(text: str, kind: Task, tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "x.dat", text)
    assert events(reading) == [("dog", 500, 1000)]
    assert reading.annotations.segments[0].kind is kind
    assert reading.annotations.videos == (Video("a.wav"),)


def test_table_of_results_with_scores_and_empty_files(tmp_path: Path) -> None:
    text = "filename\tonset\toffset\tevent_label\tscore\nb.wav\t\t\t\t\na.wav\t0\t1\tdog\t7\n"
    reading = reading_of(tmp_path, "x.tsv", text)
    assert [video.name for video in reading.annotations.videos] == ["b.wav", "a.wav"]
    assert losses(reading) == {"scores outside 0 to 1": 1}


def test_rttm(tmp_path: Path) -> None:
    text = ";; a remark\nSPEAKER a 1 0.5 1.25 <NA> <NA> anna <NA> <NA>\n"
    assert events(reading_of(tmp_path, "x.rttm", text)) == [("anna", 500, 1750)]


def test_activitynet_results_and_numbers(tmp_path: Path) -> None:
    result = {"results": {"a": [{"segment": [1, 2], "label": "run", "score": 0.5, "label_id": 7}]}}
    reading = reading_of(tmp_path, "x.json", json.dumps(result))
    assert events(reading) == [("run", 1000, 2000)]
    assert reading.annotations.segments[0].score == 0.5
    assert reading.annotations.labels[0].number == 7
    again = json.loads(encode(reading.annotations, "activitynet")[0])
    assert again["database"]["a"]["annotations"][0]["label_id"] == 7


def test_via_options_regions_and_free_text(tmp_path: Path) -> None:
    project = {
        "attribute": {
            "1": {"aname": "action", "type": 2, "options": {"0": "run", "1": "jump"}},
            "2": {"aname": "who", "type": 1, "options": {}},
        },
        "file": {"1": {"fid": "1", "fname": "clip.mp4"}},
        "view": {"1": {"fid_list": ["1"]}},
        "metadata": {
            "a": {"vid": "1", "z": [1.0, 2.0], "xy": [], "av": {"1": "0,1", "2": "anna"}},
            "b": {"vid": "1", "z": [1.5], "xy": [2, 1, 1, 5, 5], "av": {"2": "box"}},
        },
    }
    reading = reading_of(tmp_path, "x.json", json.dumps(project))
    assert events(reading) == [("run", 1000, 2000), ("jump", 1000, 2000), ("anna", 1000, 2000)]
    assert losses(reading) == {"regions in the picture": 1}


def test_coco_with_start_and_end(tmp_path: Path) -> None:
    whole = {
        "videos": [{"id": 4, "file_name": "clip.mp4", "duration": 9}],
        "categories": [{"id": 2, "name": "run"}],
        "annotations": [
            {"id": 1, "video_id": 4, "category_id": 2, "start": 1, "end": 2.5},
            {"id": 2, "video_id": 4, "category_id": 2, "bbox": [1, 2, 3, 4]},
        ],
    }
    reading = reading_of(tmp_path, "x.json", json.dumps(whole))
    assert events(reading) == [("run", 1000, 2500)]
    assert losses(reading) == {"annotations without times": 1}


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2020-01-01T00:00:00+01:00" FORMAT="2.7" VERSION="2.7">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/x/my%20clip.mpg" MIME_TYPE="video/mpeg"
 RELATIVE_MEDIA_URL="./my%20clip.mpg" TIME_ORIGIN="1000"/></HEADER>
<TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
<TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3"/>
<TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="900"/>
</TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="speech" ANNOTATOR="anna">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts4">
<ANNOTATION_VALUE>hello
you</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="s" TIER_ID="words" PARENT_REF="speech">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>one</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE>two</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a4" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
<ANNOTATION_VALUE>three</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER LINGUISTIC_TYPE_REF="r" TIER_ID="gloss" PARENT_REF="words">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a6" ANNOTATION_REF="a3" PREVIOUS_ANNOTATION="a5">
<ANNOTATION_VALUE>second half</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a3">
<ANNOTATION_VALUE>first half</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a7" ANNOTATION_REF="a6">
<ANNOTATION_VALUE></ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a9" ANNOTATION_REF="a9">
<ANNOTATION_VALUE>nowhere</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>
"""


def test_elan_with_dependent_tiers_and_open_slots(tmp_path: Path) -> None:
    reading = reading_of(tmp_path, "x.eaf", EAF)
    assert events(reading) == [
        ("hello you", 1000, 1900),
        ("one", 1000, 1300),
        ("two", 1300, 1600),
        ("three", 1600, 1900),
        ("second half", 1450, 1600),
        ("first half", 1300, 1450),
        ("gloss", 1450, 1600),
    ]
    assert losses(reading) == {
        "times that the file leaves open (shared out evenly)": 6,
        "annotations without times": 1,
    }
    assert reading.annotations.videos == (Video("my clip.mpg"),)
    assert reading.annotations.segments[0].annotator == "anna"


def test_elan_document_has_what_its_schema_demands() -> None:
    """EAF 3.0: order of the parts, unique ids, references that lead somewhere, times in order."""
    project = random_project(2, videos=1)
    kept = sum(each.state is not State.REJECTED for each in project.segments)
    document = ElementTree.fromstring(encode(project, "eaf")[0])
    order = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "CONSTRAINT"]
    assert list(dict.fromkeys(child.tag for child in document)) == order
    assert {"AUTHOR", "DATE", "VERSION", "FORMAT"} <= set(document.attrib)
    slots = {each.get("TIME_SLOT_ID"): each for each in document.iter("TIME_SLOT")}
    times = [int(each.get("TIME_VALUE", "")) for each in slots.values()]
    assert times == sorted(times)
    annotations = list(document.iter("ALIGNABLE_ANNOTATION"))
    assert len({each.get("ANNOTATION_ID") for each in annotations}) == len(annotations) == kept
    tiers = [each.get("TIER_ID") for each in document.iter("TIER")]
    assert len(set(tiers)) == len(tiers)
    for tier in document.iter("TIER"):
        last_ms = 0
        for each in tier.iter("ALIGNABLE_ANNOTATION"):
            onset_ms, offset_ms = (
                int(slots[each.get(name)].get("TIME_VALUE", ""))
                for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")
            )
            assert onset_ms < offset_ms
            assert onset_ms >= last_ms
            last_ms = offset_ms


def test_person_names_the_kind_and_the_video(tmp_path: Path) -> None:
    options = Options(kind=Task.AVEL, video="folder/b.mp4")
    text = "filename,onset,offset,label\na.mp4,0,1,dog\nb.mp4,0,1,cat\n"
    reading = reading_of(tmp_path, "x.csv", text, options)
    assert [(each.video, each.kind) for each in reading.annotations.segments] == [
        ("b.mp4", Task.AVEL)
    ]
    with pytest.raises(AnnotationError, match=r"x\.csv: holds nothing about z\.mp4"):
        read(tmp_path / "x.csv", None, Options(video="z.mp4"))


def test_one_file_per_video(tmp_path: Path) -> None:
    videos = (Video("a/x.mp4"), Video("a_x.mp4"), Video("b.mp4"))
    segments = (Segment("b.mp4", Task.SED, "dog", 0, 1_000_000),)
    written = write_each(AnnotationSet(videos, (), segments), "srt", tmp_path / "out")
    assert [path.name for path in written] == ["a_x.srt", "a_x_2.srt", "b.srt"]
    assert events(read(tmp_path / "out" / "b.srt")) == [("dog", 0, 1000)]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Die Tür fällt zu", "cp1252"),
        ("Собака лает на улице, а потом идёт дождь", "cp1251"),
        ("他能徒手抓住子弹，拦住疾速的火车", "gb2312"),
        ("犬が吠えている。雨が降っている。", "shift_jis"),
    ],
)
def test_old_text_that_is_no_unicode(tmp_path: Path, text: str, encoding: str) -> None:
    cue = f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n"
    reading = reading_of(tmp_path, "x.srt", cue.encode(encoding))
    assert events(reading) == [(text, 1000, 2000)]
    assert [loss.what for loss in reading.losses] == [
        "certain spelling, since the text is no Unicode"
    ]


def test_letters_cut_in_half_where_guessing_ends(tmp_path: Path) -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,000\n他能徒手抓住子弹，拦住疾速的火车\n\n"
    reading = reading_of(tmp_path, "x.srt", (cue * 1_500).encode("gb2312"))
    assert {label for label, _, _ in events(reading)} == {"他能徒手抓住子弹，拦住疾速的火车"}


def test_milliseconds_beyond_the_first_hour(tmp_path: Path) -> None:
    text = "video,start_ms,end_ms,class\na.wav,3600001,360000000.5,dog\na.wav,0,1:02.5,cat\n"
    reading = reading_of(tmp_path, "x.csv", text)
    assert [(each.onset_us, each.offset_us) for each in reading.annotations.segments] == [
        (3_600_001_000, 360_000_000_500),
        (0, 62_500_000),
    ]


def test_parents_of_an_ontology_are_called_like_their_labels(tmp_path: Path) -> None:
    records = [
        {"id": "/m/1", "name": "Animal  sounds", "child_ids": ["/m/2"]},
        {"id": "/m/2", "name": "Bark", "child_ids": []},
    ]
    labels = reading_of(tmp_path, "x.json", json.dumps(records)).annotations.labels
    assert [(each.name, each.parent) for each in labels] == [
        ("Animal sounds", ""),
        ("Bark", "Animal sounds"),
    ]


def test_elan_annotations_that_share_an_id_keep_their_times(tmp_path: Path) -> None:
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="t{n}" TIME_VALUE="{n}000"/>' for n in range(4))
    tiers = "".join(
        f'<TIER TIER_ID="{label}"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" '
        f'TIME_SLOT_REF1="t{n}" TIME_SLOT_REF2="t{n + 1}"><ANNOTATION_VALUE>{label}'
        "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        for n, label in ((0, "bark"), (2, "wave"))
    )
    text = (
        f"<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER>{slots}</TIME_ORDER>{tiers}"
        '<TIER TIER_ID="note"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a1" ANNOTATION_REF="a1">'
        "<ANNOTATION_VALUE>loud</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
        "</ANNOTATION_DOCUMENT>"
    )
    assert events(reading_of(tmp_path, "x.eaf", text)) == [
        ("bark", 0, 1000),
        ("wave", 2000, 3000),
        ("loud", 0, 1000),
    ]
