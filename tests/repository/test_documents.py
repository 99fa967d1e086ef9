"""Do the documents name only files and words of make that exist?"""

import re
from pathlib import PurePosixPath

import pytest

from tests.repository.tree import ROOT, text_of, tracked

# The reports are quoted as they are, whatever stands in them.
DOCUMENTS = [n for n in tracked() if n.suffix == ".md" and "reports" not in n.parts]
FOLDERS = {name.parts[0] for name in tracked() if len(name.parts) > 1}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_path_that_a_document_names_is_there(document: PurePosixPath) -> None:
    code = re.findall(r"`([\w.-]+/[\w./-]*)`", text_of(document))
    links = re.findall(r"\]\((?![a-z]+:|#)([^)#]+)", text_of(document))
    named = [ROOT / path for path in code if path.split("/")[0] in FOLDERS]
    named += [(ROOT / document).parent / path for path in links]
    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_word_of_make_that_a_document_names_is_one(document: PurePosixPath) -> None:
    said = re.findall(
        r"(?:^|`|\s)make ([a-z]+)\b(?=[`\s]*(?:$|`|#|ARGS|PYTHON))", text_of(document), re.MULTILINE
    )
    words = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert set(said) - words == set()
