"""A search over encodings that were made to hold known moments."""

import dataclasses

import numpy as np
import pytest
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import Similarity
from core_model.cache import SUFFIX, EncodingCache, Encodings, content_hash
from core_model.encoders.minilm import MiniLM
from core_model.media.errors import MediaError
from core_model.media.probe import probe
from core_model.prompt_spec import Example, PromptError, PromptSpec
from core_model.search.columns import SUFFIX as COLUMNS
from core_model.search.corpus import CorpusSearch
from core_model.timeline import SnippetGrid, Task
from tests.media_factory import Audio, write_media
from tests.tiny_bundle import TEXT_DIM, make_tiny_bundle, tiny_description, tiny_kinds

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
COUNT = 237
END_US = 60_000_000
SIREN = PromptSpec(Task.SED, ("siren",))
# (snippets, how loud) of what lies in the sound of each file.
MOMENTS = {"a": ((40, 60), 1.0), "b": ((100, 104), 0.6), "c": ((200, 236), 0.8)}


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    known = tiny_description().tasks
    similar = {
        task: dataclasses.replace(known[task], similarity=Similarity(9.0, 0.4))
        for task in (Task.TAL, Task.SED)
    }
    folder = tmp_path_factory.mktemp("bundle")
    return make_tiny_bundle(folder, tasks={**known, **similar}, wide=True)


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Files of a second: only what is stored of them is searched."""
    folder = tmp_path_factory.mktemp("media")
    return {
        name: write_media(
            folder / f"{name}.mka", None, Audio(((0.0, 1.0 + index / 10),), codec="flac")
        )
        for index, name in enumerate("abcd")
    }


@pytest.fixture
def bundle(bundle_folder):
    return Bundle(bundle_folder)


@pytest.fixture
def cache(tmp_path):
    return EncodingCache(tmp_path / "cache" / "encodings")


def store(cache, bundle, path, audio, visual=None):
    grid = SnippetGrid(probe(path).start_us)
    half = [None if each is None else each.astype(np.float16) for each in (visual, audio)]
    assert cache.store(content_hash(path), bundle.encoder_ids, Encodings(grid, END_US, *half))


def noise(seed, level=0.5):
    values = np.random.default_rng(seed).normal(size=(COUNT, TEXT_DIM))
    # A direction that all snippets share, as those of real encoders do.
    return level * (values / TEXT_DIM**0.5 + 2 * np.eye(1, TEXT_DIM, 7))


@pytest.fixture
def stored(bundle, cache, media):
    """The files a to c with a siren each, the louder the more alike."""
    siren = bundle.text_embeddings(Task.SED, ["siren"])[0].numpy()
    for seed, (name, ((first, last), loud)) in enumerate(MOMENTS.items()):
        audio = noise(seed)
        audio[first : last + 1] += loud * siren
        store(cache, bundle, media[name], audio)
    return CorpusSearch(bundle, cache)


def found(search, *args, **kwargs):
    """What the generator returns."""
    steps = search.search(*args, **kwargs)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_moments_come_by_likeness_with_their_ends(stored, media):
    result = found(stored, list(media.values()), SIREN, 3)
    assert [each.path.stem for each in result.moments] == ["a", "c", "b"]
    assert result.missing == (media["d"],)
    scores = [each.score for each in result.moments]
    assert scores == sorted(scores, reverse=True) and 0 < scores[-1] < scores[0] <= 1
    for moment in result.moments:
        (first, last), _ = MOMENTS[moment.path.stem]
        assert moment.task is Task.SED
        assert moment.onset_us == pytest.approx(first * 250_000 + 375_000, abs=250_000)
        end_us = END_US if last == COUNT - 1 else last * 250_000 + 625_000
        assert moment.offset_us == pytest.approx(end_us, abs=250_000)


def test_an_example_finds_its_like_elsewhere_but_not_itself(stored, media):
    example = Example(media["a"], (11_000_000, 15_000_000), Task.SED)
    result = found(stored, list(media.values()), example, 2)
    assert [each.path.stem for each in result.moments] == ["c", "b"]
    assert all(each.score > 0.3 for each in result.moments)


def test_an_example_needs_no_common_space_with_words(bundle_folder, tmp_path, media, cache):
    bundle = Bundle(make_tiny_bundle(tmp_path / "other"))
    kind = np.random.default_rng(5).normal(size=10)
    for seed, name in enumerate("ab"):
        audio = 0.1 * np.random.default_rng(seed).normal(size=(COUNT, 10)) + 3
        audio[20 * (seed + 1) : 20 * (seed + 1) + 8] += kind
        store(cache, bundle, media[name], audio)
    search = CorpusSearch(bundle, cache)
    example = Example(media["a"], (5_500_000, 7_000_000), Task.SED)
    (best,) = found(search, [media["a"], media["b"]], example, 1).moments
    assert best.path == media["b"]
    assert best.onset_us == pytest.approx(40 * 250_000 + 375_000, abs=250_000)
    with pytest.raises(PromptError, match="cannot be compared with words"):
        found(search, [media["a"]], SIREN, 1)


def test_audio_visual_moments_need_both_streams(bundle, cache, media, monkeypatch):
    rows = {}

    def embed(_self, prompts):
        for prompt in prompts:
            generator = torch.Generator().manual_seed(len(rows))
            rows.setdefault(prompt, torch.randn(TEXT_DIM, generator=generator))
        return torch.nn.functional.normalize(torch.stack([rows[p] for p in prompts]), dim=-1)

    monkeypatch.setattr(MiniLM, "embed", embed)
    seen, heard = (
        bundle.text_embeddings(task, ["clapping"])[0].numpy() for task in (Task.TAL, Task.SED)
    )
    visual, audio = noise(1), noise(2)
    visual[10:60] += seen
    audio[40:90] += heard
    store(cache, bundle, media["a"], audio, visual)
    store(cache, bundle, media["b"], audio)
    search = CorpusSearch(bundle, cache)
    result = found(search, [media["a"], media["b"]], PromptSpec(Task.AVEL, ("clapping",)), 1)
    (moment,) = result.moments
    assert result.missing == ()
    assert moment.path == media["a"]
    assert moment.onset_us == pytest.approx(40 * 250_000 + 375_000, abs=250_000)
    assert moment.offset_us == pytest.approx(59 * 250_000 + 625_000, abs=250_000)


def test_a_negative_takes_what_it_names_out_of_the_search(stored, bundle, cache, media):
    siren = bundle.text_embeddings(Task.SED, ["siren"])[0]
    beyond = torch.randn(TEXT_DIM, generator=torch.Generator().manual_seed(3)) / TEXT_DIM**0.5
    whistle = torch.nn.functional.normalize(siren + beyond, dim=-1)
    bundle._embedded[Task.SED, "", "whistle"] = whistle
    audio = noise(9)
    audio[70:80] += 1.2 * whistle.numpy()
    store(cache, bundle, media["d"], audio)
    plain = found(stored, list(media.values()), SIREN, 4)
    without = found(stored, list(media.values()), PromptSpec(Task.SED, ("siren",), ("whistle",)), 3)
    assert media["d"] in {each.path for each in plain.moments}
    assert [each.path.stem for each in without.moments] == ["a", "c", "b"]


def test_other_encoders_and_other_content_are_not_taken_for_the_same(
    stored, media, cache, tmp_path
):
    other = Bundle(make_tiny_bundle(tmp_path / "other", seed=3))
    example = Example(media["a"], (0, 1_000_000), Task.SED)
    with pytest.raises(MediaError, match=r"a\.mka: file: is not encoded yet"):
        found(CorpusSearch(other, cache), list(media.values()), example, 1)
    copy = tmp_path / "a.mka"
    copy.write_bytes(media["a"].read_bytes())
    assert found(stored, [copy], SIREN, 1).missing == ()
    copy.write_bytes(media["d"].read_bytes())
    assert found(stored, [copy], SIREN, 1).missing == (copy,)
    copy.unlink()
    assert found(stored, [copy], SIREN, 1).missing == (copy,)


@pytest.mark.parametrize("damage", ["short", "header", "nonsense", "empty"])
def test_a_damaged_entry_is_missing_and_gone(stored, media, cache, damage):
    entries = sorted(cache.folder.glob(f"*{SUFFIX}"))
    for entry in entries:
        content = entry.read_bytes()
        entry.write_bytes(
            {
                "short": content[:-100],
                "header": content[:8] + b"{" * 40 + content[48:],
                "nonsense": b"\xff" * 500,
                "empty": b"",
            }[damage]
        )
    paths = [media[name] for name in "abc"]
    result = found(stored, paths, SIREN, 3)
    assert result.moments == () and result.missing == tuple(paths)
    assert not list(cache.folder.glob(f"*{SUFFIX}"))


def test_damaged_columns_are_computed_again(stored, media, cache):
    first = found(stored, list(media.values()), SIREN, 3)
    folder = cache.folder.parent / "search"
    columns = sorted(folder.glob(f"*{COLUMNS}"))
    assert len(columns) == 3
    columns[0].write_bytes(b"")
    columns[1].write_bytes(columns[1].read_bytes()[:-4] + b"\x00\x01\x02\x03")
    columns[2].unlink()
    (folder / "places.json").write_text('{"x": [1], "y": 3', encoding="utf-8")
    again = found(CorpusSearch(stored._bundle, cache), list(media.values()), SIREN, 3)
    assert again == first


def test_a_second_search_opens_no_media(stored, media, cache, monkeypatch):
    first = found(stored, list(media.values()), SIREN, 3)

    def refuse(*_):
        raise AssertionError("a file was opened")

    monkeypatch.setattr("core_model.search.places.probe", refuse)
    monkeypatch.setattr("core_model.search.places.content_hash", refuse)
    fresh = CorpusSearch(stored._bundle, cache)
    assert found(fresh, list(media.values()), SIREN, 3) == first


def test_columns_stay_in_memory_within_a_limit(stored, media, cache, monkeypatch):
    first = found(stored, list(media.values()), SIREN, 3)
    read = []
    monkeypatch.setattr("core_model.search.columns._read", lambda *what: read.append(what))
    assert found(stored, list(media.values()), SIREN, 3) == first and not read
    monkeypatch.setattr("core_model.search.columns.KEPT_BYTES", 1)
    fresh = CorpusSearch(stored._bundle, cache)
    assert found(fresh, list(media.values()), SIREN, 3) == first
    assert found(fresh, list(media.values()), SIREN, 3) == first
    assert len(read) == 6


def test_a_folder_that_takes_nothing_changes_nothing(bundle, media, stored, cache):
    folder = cache.folder.parent / "search"
    folder.write_text("", encoding="utf-8")
    result = found(stored, list(media.values()), SIREN, 3)
    assert [each.path.stem for each in result.moments] == ["a", "c", "b"]


def test_once_cancelled_a_search_ends(stored, media):
    asked = iter([False, True, True, True, True, True])
    result = found(stored, list(media.values()), SIREN, 3, cancelled=lambda: next(asked))
    assert len(result.moments) <= 3 and len({each.path for each in result.moments}) == 1
