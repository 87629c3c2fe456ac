from __future__ import annotations

from pathlib import Path

import pytest

from phlo.compose.dotenv import final_texts, load_entries, load_env_file, parse_env
from phlo.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "text", "is_literal"),
    [
        ("A=1", "1", False),
        ("A = spaced ", "spaced", False),
        ("export A=1", "1", False),
        ("  A=1", "1", False),
        ("A: yaml", "yaml", False),
        ("A=", "", False),
        ("A", None, False),
        ("A=b # comment", "b", False),
        ("A=b#no comment", "b#no comment", False),
        ("A=#no comment", "#no comment", False),
        ("A=a\t#b", "a\t#b", False),
        ("A=x=y", "x=y", False),
        ("A=${B}", "${B}", False),
        ('A="two words" # c', "two words", False),
        (r'A="a\nb\t\"c\" \\ \$d"', 'a\nb\t"c" \\ $$d', False),
        (r'A="a\qb"', r"a\qb", False),
        ('A="line 1\nline 2"', "line 1\nline 2", False),
        ("A='as $it stands'", "as $it stands", True),
        (r"A='it\'s'", "it's", True),
        (r"A='a\nb'", r"a\nb", True),
        ("A='1\n2'", "1\n2", True),
        ("A=''", "", True),
    ],
)
def test_a_line_is_read_as_compose_does(line: str, text: str | None, is_literal: bool) -> None:
    entry = parse_env(f"# first\n\n{line}\nZ=end\n", label=".env")["A"]
    assert (entry.text, entry.is_literal, entry.line) == (text, is_literal, 3)
    assert parse_env(f"{line}\nZ=end\n", label=".env")["Z"].text == "end"


# What `docker compose config` (5.6.0) gives for this env_file where the shell has HOST=from-host and EMPTY=.
_AS_COMPOSE: tuple[tuple[str, dict[str, str]], ...] = (
    ("A=#note\n", {"A": "#note"}),
    ('A="x"y\nZ=1\n', {"A": "x", "Z": "1"}),
    ('A="x"y=2\nZ=1\n', {"A": "x", "Z": "1", "y": "2"}),
    ("A='x' y\nZ=1", {"A": "x", "Z": "1"}),
    ("A\n", {}),
    ("HOST\n", {"HOST": "from-host"}),
    ("A=1\nB=$A\nA=2\n", {"A": "2", "B": "1"}),
    ("A=1\nA=${A}2\n", {"A": "12"}),
    ("A=a\xa0\n", {"A": "a"}),
    ("A=\xa0 a\n", {"A": "a"}),
    ("A=a\rb\n", {"A": "a\rb"}),
    ("A=1\r\nB\r\nC=2\r\n", {"A": "1", "C": "2"}),
    ('A="a\r\nb"\r\n', {"A": "a\r\nb"}),
    ("A = b\n", {"A": "b"}),
    ("A\t=\tb\n", {"A": "b"}),
    ("A:b\n", {"A": "b"}),
    ("A: b\n", {"A": "b"}),
    ("A:\n", {"A": ""}),
    ("export A=1\n", {"A": "1"}),
    ("export\tA=1\n", {"A": "1"}),
    ("export  A\n", {}),
    ("exportA=1\n", {"exportA": "1"}),
    ("export=1\n", {"export": "1"}),
    ("export HOST\n", {"HOST": "from-host"}),
    ("\xc9=1\n", {"\xc9": "1"}),
    ("1A=1\n", {"1A": "1"}),
    ("A.B-C[0]=1\n", {"A.B-C[0]": "1"}),
    ("A=\n\nB=1", {"A": "", "B": "1"}),
    ("A=  \nB=1", {"A": "", "B": "1"}),
    ('A="\\a\\b\\c\\f\\v\\t\\n\\r"\n', {"A": "\x07\x08\\c\x0c\x0b\t\n\r"}),
    ('A="\\0101 \\x41 A"\n', {"A": "A \\x41 A"}),
    ('A="\\$HOST $HOST \\\\$HOST $$HOST"\n', {"A": "$HOST from-host \\from-host $HOST"}),
    ("A=\\$HOST \\n $$HOST\n", {"A": "\\from-host \\n $HOST"}),
    ("A='\\$HOST \\n \\' \\\\ \\x'\n", {"A": "\\$HOST \\n ' \\\\ \\x"}),
    ('A="a \\\nb"\n', {"A": "a \\\nb"}),
    ("A=${B:-x y}\n", {"A": "x y"}),
    ("A=${HOST}#x # c\n", {"A": "from-host#x"}),
    ("A='x'#c\nZ=1\n", {"A": "x", "Z": "1"}),
    ('A="x" # c\nZ=1\n', {"A": "x", "Z": "1"}),
    ('A=x"y"\n', {"A": 'x"y"'}),
    ("# c\n#A=1\n   # B=2\nC=1 # d # e\n", {"C": "1"}),
    ("A=b # 'c'\n", {"A": "b"}),
    ("A=b\\ # c\n", {"A": "b\\"}),
    ('A=""\n', {"A": ""}),
    ("A=''B=2\n", {"A": "", "B": "2"}),
    ("A=x\\\ny\n", {"A": "x\\"}),
    ("\ufeffA=1\n", {"A": "1"}),
    ("A=\x0bb\x0c\n", {"A": "b"}),
    ("A=\u2028b\n", {"A": "\u2028b"}),
    ("A=\x85b\n", {"A": "b"}),
    ("A=$\n", {"A": "$"}),
    ("A=$1 $-\n", {"A": "$1 $-"}),
    ("A=${EMPTY:-d}|${EMPTY-d}|${HOST:+y}|${NO+n}\n", {"A": "d||y|"}),
    ('A={"a": "b"}\n', {"A": '{"a": "b"}'}),
    ("A=http://u:p@h/?q=1#f\n", {"A": "http://u:p@h/?q=1#f"}),
    ("A=a   b\n", {"A": "a   b"}),
    ("A=1 #\n", {"A": "1"}),
    ("A=\t# c\n", {"A": "# c"}),
    ("A=a\\tb\n", {"A": "a\\tb"}),
    ("A=${HOST:-d}${NO:-$HOST}\n", {"A": "from-hostfrom-host"}),
    ("B=b\nA=${B}-${HOST}\n", {"A": "b-from-host", "B": "b"}),
    ('A="${HOST}\n$HOST"\n', {"A": "from-host\nfrom-host"}),
    ("A='1'\nB=\"2\"\nC=3\n", {"A": "1", "B": "2", "C": "3"}),
    ("A=1\n\n\n# x\n\nB=2\n", {"A": "1", "B": "2"}),
    ('A="# no comment"\n', {"A": "# no comment"}),
    ("A='# no comment' # comment\n", {"A": "# no comment"}),
    ("A=b#c # d\n", {"A": "b#c"}),
    (" export A=1\n", {"A": "1"}),
    ("A=-1e5\n", {"A": "-1e5"}),
    ("A=[1, 2]\n", {"A": "[1, 2]"}),
    ("A=*.txt;`x`|&\n", {"A": "*.txt;`x`|&"}),
    ('A="\\033[0m \\0033[0m"\n', {"A": "\\33[0m \x1b[0m"}),
    ('A="it\'s"\n', {"A": "it's"}),
    ("A=it's\n", {"A": "it's"}),
    ('A="tab\there"\n', {"A": "tab\there"}),
    ("A=a=b=c\n", {"A": "a=b=c"}),
    ("A-1=x\n", {"A-1": "x"}),
    ("A=%PATH%\n", {"A": "%PATH%"}),
    ("HOST=file\nA=$HOST\n", {"A": "from-host", "HOST": "file"}),
    ("A=$HOST$$HOST$\n", {"A": "from-host$HOST$"}),
)
_REFUSED_BY_COMPOSE = (
    "A B=1\n",
    "A=${B\n",
    'A="x\n',
    'A="\\"\n',
    "A!=1\n",
    "A=${NO:?missing}\n",
    'A="a""b"\n',
)
_RAW_AS_COMPOSE: tuple[tuple[str, dict[str, str]], ...] = (
    ("A=1\n", {"A": "1"}),
    ("A='x'\n", {"A": "'x'"}),
    ('A="$HOST"  \n', {"A": '"$HOST"  '}),
    ("  A=1\n", {"A": "1"}),
    ("A=b # c\n", {"A": "b # c"}),
    ("# c\nA\nHOST\n", {"HOST": "from-host"}),
    ("A=1\r\n", {"A": "1"}),
    ("\ufeffA=1\n", {"A": "1"}),
    ("A= x\n", {"A": " x"}),
    ("A=a\rb\n", {"A": "a\rb"}),
    ("A\xa0B=1\n", {"A\xa0B": "1"}),
    ("A=1\nA=2\n", {"A": "2"}),
    ("A=x\\\ny=2\n", {"A": "x\\", "y": "2"}),
)
_RAW_REFUSED_BY_COMPOSE = (
    "A =1\n",
    "export A=1\n",
    "=x\n",
    "A: b\n",
    "HOST  \n",
)
_HOST = {"HOST": "from-host", "EMPTY": ""}


def _texts_of(path: Path, text: str, *, is_raw: bool = False) -> dict[str, str]:
    path.write_bytes(text.encode())
    entries = load_entries(path, label="e.env", is_raw=is_raw)
    return {name: str(value) for name, value in final_texts(entries, _HOST.get, below={}, label="e.env").items()}


@pytest.mark.parametrize(("text", "expected"), _AS_COMPOSE)
def test_an_environment_file_means_what_it_means_to_compose(
    text: str, expected: dict[str, str], tmp_path: Path
) -> None:
    assert _texts_of(tmp_path / "e.env", text) == expected


@pytest.mark.parametrize(("text", "expected"), _RAW_AS_COMPOSE)
def test_a_raw_environment_file_is_literal(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert _texts_of(tmp_path / "e.env", text, is_raw=True) == expected


@pytest.mark.parametrize("text", _REFUSED_BY_COMPOSE)
def test_what_compose_refuses_in_an_environment_file_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^e\.env:1"):
        _texts_of(tmp_path / "e.env", text)


@pytest.mark.parametrize("text", _RAW_REFUSED_BY_COMPOSE)
def test_what_compose_refuses_in_a_raw_environment_file_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^e\.env:1"):
        _texts_of(tmp_path / "e.env", text, is_raw=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=   # note\n", {"A": ""}),  # Compose takes "# note" as the value
        ("A= #\nB=1\n", {"A": "", "B": "1"}),
        ("HOST", {"HOST": "from-host"}),  # without a line end Compose takes HOST as a value without a name
        ("A # note\nB=1\n", {"B": "1"}),  # Compose refuses the comment
    ],
)
def test_where_phlo_differs_from_compose(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert _texts_of(tmp_path / "e.env", text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nB!=x\n", '.env:2: "B!" is not a variable\'s name'),
        ("=x\n", '.env:1: "" is not a variable\'s name'),
        ("A=1\n\nA B\n", '.env:3: "A" is not followed by "="'),
        ('A="open\nB=1\n', '.env:1 A: the quote " is not closed'),
        ("A='x' y!\n", ".env:1: something follows the closing quote"),
        ('A=1\n\nB="x\ny" hunter2!\n', ".env:4: something follows the closing quote"),
    ],
)
def test_a_wrong_line_is_an_error_with_its_number(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_env(text, label=".env")
    assert str(caught.value).startswith(message)


def test_an_error_does_not_quote_a_value() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_env("A-B C=hunter22\n'x=hunter22\nB='a'hunter22!\n", label=".env")
    assert not any("hunter22" in str(error) for error in caught.value.each())


def test_every_wrong_line_is_reported() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_env("!=a\nB=1\n?=b\n", label=".env")
    assert [str(error).split(" ")[0] for error in caught.value.each()] == [".env:1:", ".env:3:"]


def test_the_last_of_two_lines_with_one_name_counts() -> None:
    assert parse_env("A=1\nA=2\n", label=".env")["A"].text == "2"


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_value(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xef\xbb\xbfA=1\r\nB='x'\r\n")
    entries = load_env_file(path, label=".env")
    assert {name: entry.text for name, entry in entries.items()} == {"A": "1", "B": "x"}


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_env_file(path, label=".env")
