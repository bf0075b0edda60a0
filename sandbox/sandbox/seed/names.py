"""Made-up names: common given names with family and company names that nobody bears."""

from __future__ import annotations

COMPANIES = (
    "Fjordlyskompaniet AS",
    "Nordvindmølla AS",
    "Blåbærtind Regnskap AS",
    "Torskehodet Sjømat AS",
    "Ørnereiret Arkitekter AS",
    "Ålegressbukta Marina AS",
    "Kvikkbekk Rør & Varme AS",
    "Måneskinn Bakeri ANS",
    "Grantoppen Tømmer AS",
    "Sølvrevdalen Hotell AS",
    "Isbreknatten Data AS",
    "Rognebærhagen Barnehage SA",
    "Trollvassfoss Energi AS",
    "Hvitveissletta Helse AS",
    "Lyngheia Landbruk DA",
    "Snøkrystallen Design AS",
    "Vinterlysberget Film AS",
    "Multemyra Foredling AS",
    "Skarvøyrevet Rederi AS",
    "Dugnadstunet Bygg AS",
    "Elgtråkket Transport AS",
    "Tyttebærlia Interiør AS",
    "Nysgjerrigperm Forlag AS",
    "Bølgeskvulp Svømmeskole",
    "Kråkesølvgruva Museum SA",
)
GIVEN = (
    "Åse",
    "Bjørn",
    "Cecilie",
    "Dag",
    "Eirin",
    "Frode",
    "Gøril",
    "Håkon",
    "Ingvild",
    "Jørgen",
    "Kåre",
    "Liv",
    "Mads",
    "Nora",
    "Øystein",
    "Pernille",
)
FAMILY = (
    "Fjellgløtt",
    "Sjøbrisvik",
    "Nattergalli",
    "Kveldsolmo",
    "Tåkeheimsund",
    "Bringebærsveen",
    "Vårløsningen",
    "Stjernedryss",
    "Østavindlund",
    "Måkeskrikrud",
    "Furukvisthaug",
)
USERS = (
    ("anna.havblikk", "Anna Havblikksen"),
    ("bard.nordhei", "Bård Nordheitun"),
    ("camilla.steinrøys", "Camilla Steinrøysli"),
    ("didrik.elvebakk", "Didrik Elvebakkmyr"),
    ("eva.lyngtun", "Eva Lyngtunstad"),
    ("finn.skogbryn", "Finn Skogbrynet"),
    ("grete.myrdun", "Grete Myrdunsen"),
    ("henrik.solrenning", "Henrik Solrenningen"),
    ("ida.åpenfjell", "Ida Åpenfjelltun"),
    ("jonas.vindfang", "Jonas Vindfangstø"),
)
AREAS = (
    ("0001", "Oslo"),
    ("5003", "Bergen"),
    ("7010", "Trondheim"),
    ("9008", "Tromsø"),
    ("6002", "Ålesund"),
    ("8006", "Bodø"),
)
TITLES = ("Daglig leder", "Innkjøper", "Prosjektleder", "Økonomisjef", None)
SUBJECTS = (
    "Oppstartsmøte",
    "Telefonsamtale om tilbud",
    "Befaring på stedet",
    "Oppfølging av kontrakt",
    "Årsgjennomgang ☕",
    "Demonstrasjon av løsningen",
    "Avklaring av faktura",
    "Lunsj med kunden 🍽️",
)
STATUSES = ("planned", "completed", "cancelled", None)
LONG_TEXT = (
    "Referat: Vi gikk gjennom behovene punkt for punkt, fra lagerføring på Østlandet til "
    "levering i Ålesund, og ble enige om å møtes igjen når tallene er klare. 📈 "
) * 12
COMMENTS = (
    "Kunden ringte og vil ha svar før helgen.",
    "Ferdig 🎉 Da kan vi sende fakturaen.",
    "Kan noen ta en titt på dette i dag?",
    "Møtet er flyttet til tirsdag, ny innkalling kommer.",
    "Se også notatet om **pris** og _leveringstid_.",
    "Avventer svar fra leverandøren på Ås.",
    "Første linje\n\nAndre avsnitt med æ, ø og å.",
    "Takk for god hjelp, Øystein! 👏",
)
CARDS = (
    "Klargjør tilbud",
    "Bestill varer",
    "Planlegg befaring",
    "Ring tilbake",
    "Skriv referat",
    "Oppdater prisliste",
    "Følg opp reklamasjon",
    "Forbered årsmøte ✨",
    "Rydd i kontaktlisten",
    "Gjør ferdig årsrapporten",
)
LABELS = (("Haster", "red"), ("Venter på kunden", "yellow"), ("", "green"))
CHECKLISTS = ("Før møtet", "Leveranse")
CHECK_ITEMS = ("Ring kunden", "Send bekreftelse", "Arkiver underlaget")
ATTACHMENTS = (
    ("https://filer.example/tilbud.pdf", "Tilbud.pdf"),
    ("https://kart.example/sted/4", "Kart over stedet"),
)
CUSTOM_FIELDS = (
    ("Prioritet", "list"),
    ("Timer", "number"),
    ("Referanse", "text"),
    ("Levert", "checkbox"),
    ("Purredato", "date"),
)
OPTIONS = (("Høy", "red"), ("Middels", "yellow"), ("Lav", "none"))
