"""Names of people who do not exist, as they are written where their families come from, and in Latin letters."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

LATIN: Final = "Latn"
# What another office made of the same letters.
SPELLINGS: Final = {
    "Mohamed": "Muhammad", "Youssef": "Yusuf", "Khadija": "Hadija", "Oleksandr": "Alexander", "Yulia": "Juliya",
    "Georgios": "George", "Xiaoming": "Hsiao-ming", "Minseo": "Min-seo", "Volodymyr": "Vladimir", "Aleksei": "Alexey",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Culture:
    """forenames, families: each in Latin letters, and as it is written there ("" where that is the same). later: the
    forenames of those born from a year on, the earliest year first, where each generation has its own."""

    country: str
    script: str
    forenames: tuple[tuple[str, str], ...]
    families: tuple[tuple[str, str], ...]
    is_family_first: bool = False
    later: tuple[tuple[int, tuple[tuple[str, str], ...]], ...] = ()

    def forenames_of(self, born: int) -> tuple[tuple[str, str], ...]:
        """Those that children were given in the year `born`."""
        return next((names for year, names in reversed(self.later) if born >= year), self.forenames)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`Anna Olha/Ольга`: words with what they are in the other script."""
    parts = (word.partition("/") for word in text.split())
    return tuple((latin, native) for latin, _, native in parts)


ENGLISH: Final = Culture("US", LATIN, _pairs(
    "Carol Charles Diane Edward Ellen Frank Irene James Joan Judith Margaret Nancy Paula Richard Robert Susan Thomas "
    "Walter"
), _pairs(
    "Abbott Barker Calloway Dawson Ellery Fairweather Goodwin Hartley Ingram Jennings Kirkland Langley Merriweather "
    "Norwood Oakley Pemberton Quimby Radcliffe Sandford Thackeray Underhill Vance Whitcombe Yardley Ashdown Birch Cole "
    "Drummond Everett Foxglove"
), later=(
    (1960, _pairs("Amy Andrew Beth Brian Christopher Claire Daniel Jason Jennifer Kevin Laura Mark Michelle Peter "
                  "Rachel Sarah Steven Valerie")),
    (1990, _pairs("Abigail Austin Chloe Emma Ethan Grace Hannah Henry Logan Lucas Madison Mason Noah Olivia Oscar "
                  "Tyler Zoe")),
))  # fmt: skip
GERMAN: Final = Culture("DE", LATIN, _pairs(
    "Bernd Dieter Elke Gisela Günter Helga Horst Ingrid Jürgen Karin Manfred Monika Rainer Renate Ulrike Volker"
), _pairs(
    "Ahrens Brandstätter Dornbusch Eichhorn Falkenberg Grünwald Heidemann Immergrün Jansen Kornblum Lindenau Moosbach "
    "Nussbaum Ostermann Pfeifer Rosenthal Steinbrück Tannenberg Uhlmann Vogelsang Weidenfeld Zimmerling"
), later=(
    (1960, _pairs("Anja Anke Claudia Frank Heike Ines Katrin Lars Markus Mathias Nicole Petra Sabine Stefan Thomas "
                  "Torsten")),
    (1990, _pairs("Emilia Felix Finn Hannah Hannes Jan Jonas Laura Lena Leon Leonie Lukas Marie Niklas Paul Sophie")),
))  # fmt: skip
OTHERS: Final = (
    Culture("MX", LATIN, _pairs("Alejandra Carlos Daniela Esteban Gabriela Héctor Lucía Mateo Rosa Sergio Ximena Raúl"),
            _pairs("Aguilar Barrios Cárdenas Domínguez Escobedo Fuentes Guerrero Hinojosa Ibarra Maldonado")),
    Culture("PL", LATIN, _pairs("Agnieszka Bartosz Dorota Jacek Katarzyna Łukasz Małgorzata Paweł Zofia Wojciech"),
            _pairs("Brzoza Dąbek Jaworek Kalinowiec Lipka Morwa Olszyna Wierzba Sosnowiec Zawada")),
    Culture("TR", LATIN, _pairs("Ayşe Burak Cem Defne Elif Emre Hakan Leyla Mert Zeynep"),
            _pairs("Akçay Bozkurt Çınar Demirdağ Erdoğmuş Güneşli Karadere Özbahar Şimşekli Yıldırımer")),
    Culture("NG", LATIN, _pairs("Adaeze Babatunde Chidi Folake Ifeoma Kunle Ngozi Olumide Temitope Yetunde"),
            _pairs("Adeyinka Balogunde Chukwuma Ezenwa Ibironke Nwachukwu Obafemi Okonjo Onyekachi Soyemi")),
    Culture("VN", LATIN, _pairs("An Bình Chi Dũng Hạnh Hương Lan Minh Phúc Thảo"),
            _pairs("Bùi Đặng Đinh Hoàng Lê Lý Ngô Phạm Trịnh Võ"), True),
    Culture("UA", "Cyrl", _pairs("Oleksandr/Олександр Yulia/Юлія Volodymyr/Володимир Oksana/Оксана Taras/Тарас "
            "Iryna/Ірина Bohdan/Богдан Kateryna/Катерина"),
            _pairs("Verbytskyi/Вербицький Kalynenko/Калиненко Dibrova/Діброва Horobets/Горобець Shevchuk/Шевчук "
            "Yavorenko/Яворенко Lozovyi/Лозовий Tereshko/Терешко")),
    Culture("BG", "Cyrl", _pairs("Dimitar/Димитър Elena/Елена Ivaylo/Ивайло Maria/Мария Petar/Петър Rositsa/Росица "
            "Stoyan/Стоян Aleksei/Алексей"),
            _pairs("Borisov/Борисов Dimov/Димов Hristov/Христов Kolev/Колев Lozanov/Лозанов Marinov/Маринов "
            "Stanev/Станев Yankov/Янков")),
    Culture("GR", "Grek", _pairs("Georgios/Γεώργιος Eleni/Ελένη Dimitra/Δήμητρα Nikos/Νίκος Sofia/Σοφία "
            "Panagiotis/Παναγιώτης Katerina/Κατερίνα Stavros/Σταύρος"),
            _pairs("Elaiou/Ελαίου Kalogeras/Καλογεράς Lemonis/Λεμονής Marinakos/Μαρινάκος Platanias/Πλατανιάς "
            "Roditis/Ροδίτης Thalassinos/Θαλασσινός Vounatsos/Βουνάτσος")),
    Culture("EG", "Arab", _pairs("Mohamed/محمد Youssef/يوسف Khadija/خديجة Amina/أمينة Karim/كريم Layla/ليلى "
            "Omar/عمر Salma/سلمى"),
            _pairs("Mansour/منصور Haddad/حداد Nasser/ناصر Farouk/فاروق Zaki/زكي Sabry/صبري Hosny/حسني Badawy/بدوي")),
    Culture("CN", "Hans", _pairs("Xiaoming/晓明 Lihua/丽华 Jianguo/建国 Meiling/美玲 Yuchen/宇辰 Siyu/思雨 Haoran/浩然 "
            "Ruoxi/若曦"),
            _pairs("Chen/陈 Fang/方 Gao/高 Huang/黄 Jiang/江 Lin/林 Shen/沈 Zhou/周"), True),
    Culture("KR", "Hang", _pairs("Minseo/민서 Jihoon/지훈 Soyeon/소연 Hyunwoo/현우 Eunji/은지 Dongwook/동욱 Yuna/유나 "
            "Seojun/서준"),
            _pairs("Kang/강 Moon/문 Bae/배 Seo/서 Shin/신 Yoo/유 Han/한 Nam/남"), True),
    Culture("IN", "Deva", _pairs("Ananya/अनन्या Rohan/रोहन Priya/प्रिया Vikram/विक्रम Kavita/कविता Arjun/अर्जुन Meera/मीरा "
            "Sanjay/संजय"),
            _pairs("Chandel/चंदेल Deshpande/देशपांडे Kulkarni/कुलकर्णी Mathur/माथुर Purohit/पुरोहित Rathi/राठी "
            "Saxena/सक्सेना Trivedi/त्रिवेदी")),
)  # fmt: skip
ALL_CULTURES: Final = (ENGLISH, GERMAN, *OTHERS)
COUNTRY_NAMES: Final = {
    "US": "the United States", "DE": "Germany", "MX": "Mexico", "PL": "Poland", "TR": "Turkey", "NG": "Nigeria",
    "VN": "Vietnam", "UA": "Ukraine", "BG": "Bulgaria", "GR": "Greece", "EG": "Egypt", "CN": "China",
    "KR": "South Korea", "IN": "India",
}  # fmt: skip
OWN_SHARE: Final = 0.58


def culture_of(rng: Random, country: str) -> Culture:
    """Of somebody who lives in this country: mostly its own, else any other."""
    if rng.random() < OWN_SHARE:
        return GERMAN if country == "DE" else ENGLISH
    return rng.choice(OTHERS)


def culture_by_country(country: str) -> Culture:
    """Raises StopIteration for a country whose names nobody wrote down."""
    return next(each for each in ALL_CULTURES if each.country == country)


def full_name(rng: Random, culture: Culture, born: int, family: int | None = None) -> dict[str, Any]:
    """Name, its script and further names, as a profile has them, of somebody born in that year. family: which of its
    family names."""
    forename = rng.choice(culture.forenames_of(born))
    surname = culture.families[rng.randrange(len(culture.families)) if family is None else family]
    latin = _joined(forename[0], surname[0], culture)
    if culture.script == LATIN:
        initial = f" {rng.choice('ABCDEFGHJKLMPRST')}." if culture is ENGLISH and rng.random() < 0.55 else ""
        aliases = _birth_names(rng, culture, forename[0])
        name = f"{forename[0]}{initial} {surname[0]}" if initial else latin
        return {"name": name, **({"aliases": aliases} if aliases else {})}
    native = _joined(forename[1], surname[1], culture, "" if culture.script in ("Hans", "Hang") else " ")
    others = [{"name": latin, "type": "transliteration", "script": LATIN}]
    if forename[0] in SPELLINGS:
        spelling = _joined(SPELLINGS[forename[0]], surname[0], culture)
        others.append({"name": spelling, "type": "transliteration", "script": LATIN})
    if rng.random() < 0.4:
        return {"name": native, "name_script": culture.script, "aliases": others}
    others[0] = {"name": native, "type": "alias", "script": culture.script}
    return {"name": latin, "name_script": LATIN, "aliases": others}


def _joined(forename: str, family: str, culture: Culture, between: str = " ") -> str:
    return between.join((family, forename) if culture.is_family_first else (forename, family))


def _birth_names(rng: Random, culture: Culture, forename: str) -> list[dict[str, str]]:
    if rng.random() > 0.06:
        return []
    return [{"name": f"{forename} {rng.choice(culture.families)[0]}", "type": "birth_name", "script": LATIN}]


def latin_name(rng: Random, country: str, home: str) -> str:
    """Of somebody from `country`, or of somebody who lives in `home`, as a bank's letters write it."""
    cultures = {each.country: each for each in ALL_CULTURES}
    return latin_of(full_name(rng, cultures.get(country) or culture_of(rng, home), rng.randrange(1948, 2003)))


def latin_of(profile: dict[str, Any]) -> str:
    """The name of a profile in Latin letters."""
    latin = [each["name"] for each in profile.get("aliases", ()) if each["type"] == "transliteration"]
    return str(latin[0] if latin else profile["name"])
