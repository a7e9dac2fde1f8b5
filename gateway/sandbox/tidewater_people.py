"""The forty people of the seeded organisation; ten have accounts on both platforms, at one address each."""

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.organisation import Person

_TRADING = frozenset({PlatformKey.QUANTCONNECT})
_MONITORING = frozenset({PlatformKey.TESTOMATO})
_BOTH = _TRADING | _MONITORING


def _person(
    name: str, address: str, timezone: str, platforms: frozenset[PlatformKey], bio: str | None = None
) -> Person:
    key = address.partition("@")[0].replace(".", "-")
    return Person(key=key, name=name, email=address, timezone=timezone, platforms=platforms, bio=bio)


PEOPLE = (
    _person("Ingrid Solheim", "ingrid.solheim@example.com", "Europe/Oslo", _BOTH, "Runs the platform team."),
    _person(
        "Mateo Ferreira", "mateo.ferreira@example.com", "Europe/Lisbon", _BOTH, "Options and volatility."
    ),
    _person(
        "Priya Raghunathan", "priya.raghunathan@example.com", "Asia/Kolkata", _BOTH, "Currency research."
    ),
    _person("Tomasz Wierzbicki", "tomasz.wierzbicki@example.com", "Europe/Warsaw", _BOTH, "Execution."),
    _person(
        "Amara Okonkwo", "amara.okonkwo@example.com", "Africa/Lagos", _BOTH, "Client portal, end to end."
    ),
    _person("Søren Kjeldsen", "soren.kjeldsen@example.com", "Europe/Copenhagen", _BOTH, "Market data."),
    _person("Yuki Tanabe", "yuki.tanabe@example.com", "Asia/Tokyo", _BOTH),
    _person("Leïla Benhaddou", "leila.benhaddou@example.com", "Europe/Paris", _BOTH, "Risk."),
    _person("Caoimhe Doyle", "caoimhe.doyle@example.com", "Europe/Dublin", _BOTH, "Compliance."),
    _person("Rafael Quintana", "rafael.quintana@example.org", "America/Mexico_City", _BOTH, "Contractor."),
    _person("Hanna Virtanen", "hanna.virtanen@example.com", "Europe/Helsinki", _TRADING, "Factor models."),
    _person("Andrei Ionescu", "andrei.ionescu@example.com", "Europe/Bucharest", _TRADING),
    _person("Wei-Lin Zhao", "weilin.zhao@example.com", "Asia/Shanghai", _TRADING, "Statistical arbitrage."),
    _person("Marcus Adeyemi", "marcus.adeyemi@example.com", "Europe/London", _TRADING, "Rates desk."),
    _person("Elena Petrova", "elena.petrova@example.com", "Europe/Sofia", _TRADING),
    _person("Jonas Brandt", "jonas.brandt@example.com", "Europe/Berlin", _TRADING, "Backtest plumbing."),
    _person("Sofia Marchetti", "sofia.marchetti@example.com", "Europe/Rome", _TRADING, "Energy."),
    _person("Kwame Boateng", "kwame.boateng@example.com", "Africa/Accra", _TRADING),
    _person("Nadia Haddad", "nadia.haddad@example.com", "Asia/Beirut", _TRADING, "Portfolio construction."),
    _person(
        "Oliver Thackeray", "oliver.thackeray@example.net", "Europe/London", _TRADING, "External auditor."
    ),
    _person("Beatriz Carvalho", "beatriz.carvalho@example.com", "America/Sao_Paulo", _TRADING),
    _person("Arjun Mehta", "arjun.mehta@example.com", "Asia/Kolkata", _TRADING, "Crypto carry."),
    _person("Freya Lindqvist", "freya.lindqvist@example.com", "Europe/Stockholm", _TRADING),
    _person("Hugo Delacroix", "hugo.delacroix@example.org", "Europe/Paris", _TRADING, "Contractor, C#."),
    _person(
        "Zanele Mthembu", "zanele.mthembu@example.com", "Africa/Johannesburg", _TRADING, "Joins in March."
    ),
    _person("Petra Nováková", "petra.novakova@example.com", "Europe/Prague", _MONITORING),
    _person("Jakub Dvořák", "jakub.dvorak@example.com", "Europe/Prague", _MONITORING),
    _person("Lucie Horáková", "lucie.horakova@example.com", "Europe/Prague", _MONITORING),
    _person("Ondřej Beneš", "ondrej.benes@example.com", "Europe/Prague", _MONITORING),
    _person("Greta Hoffmann", "greta.hoffmann@example.com", "Europe/Berlin", _MONITORING),
    _person("Isla Campbell", "isla.campbell@example.com", "Europe/London", _MONITORING),
    _person("Samir Aziz", "samir.aziz@example.com", "Africa/Cairo", _MONITORING),
    _person("Chloé Beaumont", "chloe.beaumont@example.org", "Europe/Brussels", _MONITORING),
    _person("Viktor Halvorsen", "viktor.halvorsen@example.com", "Europe/Oslo", _MONITORING),
    _person("Mei Nakamura", "mei.nakamura@example.com", "Asia/Tokyo", _MONITORING),
    _person("Daniel O'Rourke", "daniel.orourke@example.com", "Europe/Dublin", _MONITORING),
    _person("Anouk de Vries", "anouk.devries@example.org", "Europe/Amsterdam", _MONITORING),
    _person("Tariq Rahimi", "tariq.rahimi@example.net", "Asia/Dubai", _MONITORING),
    _person("Rosa Castellanos", "rosa.castellanos@example.com", "Europe/Madrid", _MONITORING),
    _person("Emil Kowalczyk", "emil.kowalczyk@example.com", "UTC", _MONITORING),
)
