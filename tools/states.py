"""Makes meetingsvc/data/states.json: names of States in the six languages of the United Nations.

A developer's script, run when a State changes its name; the service itself only reads the file it makes.
Source: the CSV inside the wheel hdx-python-country 4.2.5 (MIT; the taxonomy of OCHA, names of UNTERM).
What the source lacks or has odd is written below by hand, each with its reason.

    pip download --no-deps hdx-python-country==4.2.5
    python tools/states.py hdx_python_country-4.2.5-py3-none-any.whl
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from pathlib import Path

OUT = Path(__file__).parent.parent / "meetingsvc" / "data" / "states.json"
TABLE = "hdx/location/Countries & Territories Taxonomy MVP - C&T Taxonomy.csv"
CODE, ALPHA2 = "ISO 3166-1 Alpha 3-Codes", "ISO 3166-1 Alpha 2-Codes"
LANGUAGES = {
    "en": "English Short",
    "fr": "French Short",
    "es": "Spanish Short",
    "ru": "Russian Short",
    "zh": "Chinese Short",
    "ar": "Arabic Short",
}
OTHER_NAMES = (
    "ISO Alt Term",
    "DGACM Alt Term",
    "HPC Tools Alt Term",
    "RW API Alt Term",
    "RW Short Name",
    "M49 English",
)

# Written by hand because the source has it odd.
FIXED = {
    ("NLD", "ar"): "هولندا (مملكة -)",  # the source has an underscore where the others have the dash of inversion
    ("TLS", "ar"): "تيمور - ليشتي",  # a space on one side of the dash only
}

# Not States, so not in the source; names as their own treaties have them. Codes: the EU's is reserved in ISO 3166-1.
ORGANIZATIONS = {
    "EU": {
        "alpha2": "EU",
        "kind": "regional_org",
        "names": {
            "en": "European Union",
            "fr": "Union européenne",
            "es": "Unión Europea",
            "ru": "Европейский союз",
            "zh": "欧洲联盟",
            "ar": "الاتحاد الأوروبي",
        },
    },
}

# Observer States of the General Assembly; the Cook Islands and Niue are in UNTERM's list without being members.
OBSERVERS = {"VAT", "PSE", "COK", "NIU"}

# What people write in their files, beyond the alternative names of the source: former and everyday names.
ALSO = {
    "BIH": ["Bosnia"],
    "BRN": ["Brunei"],
    "CIV": ["Ivory Coast"],
    "COD": ["Democratic Republic of Congo", "DRC", "Congo (Kinshasa)"],
    "COG": ["Republic of the Congo", "Congo (Brazzaville)"],
    "FSM": ["Federated States of Micronesia"],
    "GBR": ["Great Britain"],
    "KGZ": ["Kyrgyz Republic"],
    "KOR": ["South Korea"],
    "LAO": ["Laos", "Lao"],
    "MKD": ["Macedonia", "The former Yugoslav Republic of Macedonia"],
    "MMR": ["Burma"],
    "NLD": ["Holland"],
    "PRK": ["North Korea"],
    "PSE": ["Palestine"],
    "SWZ": ["Swaziland"],
    "TLS": ["East Timor"],
    "TUR": ["Turkey"],
    "VAT": ["Vatican", "Vatican City"],
    "VNM": ["Vietnam"],
}
NOT_A_NAME = {"oPt", "occupied Palestinian territory", "Niue (New Zealand)"}  # labels of operations, not names


def curly(text: str) -> str:
    """The apostrophe of print: the names of one list must not mix two."""
    return text.replace("'", "’").strip()


def state(row: dict[str, str]) -> dict[str, object]:
    code = row[CODE]
    names: dict[str, str] = {lang: FIXED.get((code, lang), curly(row[column])) for lang, column in LANGUAGES.items()}
    formal = curly(row["English Formal"])
    others = {curly(row[column]) for column in OTHER_NAMES if row[column] and row[column] not in NOT_A_NAME}
    others |= {formal.removeprefix("the "), *ALSO.get(code, [])}
    return {
        "alpha2": row[ALPHA2],
        "kind": "observer_state" if code in OBSERVERS else "member",
        "names": names,
        "also": sorted(others - {names["en"]}),
    }


def main(wheel: str) -> None:
    text = zipfile.ZipFile(wheel).read(TABLE).decode("utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["Appears in UNTERM list"] == "Y"]
    states = {row[CODE]: state(row) for row in rows} | {k: {**v, "also": []} for k, v in ORGANIZATIONS.items()}
    empty = [(code, lang) for code, it in states.items() for lang, name in it["names"].items() if not name]  # type: ignore[attr-defined]
    if empty:
        sys.exit(f"No name for {empty}: write it into FIXED.")
    head = "UNTERM short names by way of hdx-python-country 4.2.5 (MIT); made by tools/states.py"
    lines = [f'  "{code}": {json.dumps(states[code], ensure_ascii=False)}' for code in sorted(states)]
    body = ",\n".join(lines)
    OUT.write_text(f'{{"source": "{head}",\n "states": {{\n{body}\n}}}}\n', encoding="utf-8")
    print(f"{OUT.name}: {len(states)} names in {len(LANGUAGES)} languages")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Give the path of the wheel: python tools/states.py hdx_python_country-4.2.5-py3-none-any.whl")
    main(sys.argv[1])
