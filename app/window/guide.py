"""The user's guide, read from the installed files."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QUrl
from PySide6.QtGui import (
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QSplitter, QTextBrowser, QWidget

from resources import RESOURCES

FIRST_PAGE = "README.md"
SIZE_PX = (1080, 760)
CHAPTERS_WIDTH_PX = 290
CHAPTER_SPACING_PX = 4
MARGIN_PX = 20
LINE_HEIGHT_PERCENT = 125
PARAGRAPH_PX, HEADING_PX = 10, 18
# What stands for a picture in the text of a document.
PICTURE = "\ufffc"


def guide_folder() -> Path | None:
    """Where the guide lies: beside the source, or where a wheel puts it; None if nowhere."""
    installed = Path(sysconfig.get_path("data")) / "share" / "avscope" / "guide"
    for folder in (RESOURCES.parent / "docs" / "guide", installed):
        if (folder / FIRST_PAGE).is_file():
            return folder
    return None


def chapters(folder: Path) -> list[tuple[str, Path]]:
    """Title and file of every page, in the order in which the first page names them."""
    first = folder / FIRST_PAGE
    listed = first.read_text(encoding="utf-8")
    pages = [page for page in folder.glob("*.md") if f"({page.name})" in listed]
    pages.sort(key=lambda page: listed.index(f"({page.name})"))
    return [(_title(page), page) for page in (first, *pages)]


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")


class GuidePage(QTextBrowser):
    """One page of the guide; pictures fit its width, and no link leads out of the folder."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenExternalLinks(False)
        self.setAccessibleName("Page of the guide")
        self.setFrameShape(QFrame.Shape.NoFrame)
        # A picture is fitted before it is known whether the page needs a bar.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)

        self.sourceChanged.connect(self._on_source)

    def _on_source(self, _url: QUrl) -> None:
        self.document().setDocumentMargin(MARGIN_PX)
        block = self.document().begin()
        while block.isValid():
            _give_room(block)
            block = block.next()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        loaded = super().loadResource(kind, name)
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return loaded
        url = self.source().resolved(QUrl(name))
        picture = QImage(url.toLocalFile()) if url.isLocalFile() else QImage()
        width = min(self.viewport().width() - 2 * MARGIN_PX, picture.width())
        if picture.isNull() or width <= 0:
            return loaded
        ratio = self.devicePixelRatioF()
        wanted = round(width * ratio)
        smooth = Qt.TransformationMode.SmoothTransformation
        fitted = picture if picture.width() <= wanted else picture.scaledToWidth(wanted, smooth)
        fitted.setDevicePixelRatio(fitted.width() / width)
        return fitted


def _give_room(block: QTextBlock) -> None:
    """Paragraphs that stand apart; cells of tables, items of lists and lines of code do not."""
    form, cursor = block.blockFormat(), QTextCursor(block)
    is_code = form.hasProperty(QTextFormat.Property.BlockCodeFence.value)
    if is_code or cursor.currentTable() is not None:
        return
    if PICTURE not in block.text():
        proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
        form.setLineHeight(LINE_HEIGHT_PERCENT, proportional)
    if block.textList() is None:
        form.setTopMargin(HEADING_PX if form.headingLevel() > 1 else PARAGRAPH_PX / 2)
        form.setBottomMargin(PARAGRAPH_PX)
    cursor.setBlockFormat(form)


class GuideWindow(QSplitter):
    """Chapters on the left, the page on the right. Stays open beside the window."""

    def __init__(self, folder: Path, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setWindowFlag(Qt.WindowType.Window)
        self.setWindowTitle("User's Guide")
        self.resize(*SIZE_PX)
        self.page = GuidePage()
        self.list = QListWidget()
        self.list.setAccessibleName("Chapters")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setSpacing(CHAPTER_SPACING_PX)
        for title, file in chapters(folder):
            item = QListWidgetItem(title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, QUrl.fromLocalFile(str(file)))
        self.addWidget(self.list)
        self.addWidget(self.page)
        self.setStretchFactor(1, 1)
        self.setSizes([CHAPTERS_WIDTH_PX, SIZE_PX[0] - CHAPTERS_WIDTH_PX])
        self.list.currentItemChanged.connect(self._on_chapter)
        self.page.sourceChanged.connect(self._on_page)
        self.list.setCurrentRow(0)

    def _on_chapter(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            url = item.data(Qt.ItemDataRole.UserRole)
            self.page.setSource(url, QTextDocument.ResourceType.MarkdownResource)

    def _on_page(self, url: QUrl) -> None:
        """A link was followed: mark its chapter."""
        for row in range(self.list.count()):
            chapter: QUrl = self.list.item(row).data(Qt.ItemDataRole.UserRole)
            if chapter.toLocalFile() == url.toLocalFile():
                with QSignalBlocker(self.list):
                    self.list.setCurrentRow(row)
