"""The seeded organisation: Tidewater Lane Trading, with forty people, twelve strategies and ten web sites."""

from gateway.domain.vocabulary import Role
from gateway.sandbox.organisation import (
    Invitation,
    Language,
    Membership,
    MonitoredSite,
    Organisation,
    TradingProject,
)
from gateway.sandbox.tidewater_people import PEOPLE


def _team(owner: str, *, live: str = "", **keys_by_role: str) -> tuple[Membership, ...]:
    """Memberships from lists of keys; `live` names those who may steer live trading beside the owner."""
    live_keys = {owner, *live.split()}
    return tuple(
        Membership(person=key, role=Role[role.upper()], live_control=key in live_keys)
        for role, keys in {"owner": owner, **keys_by_role}.items()
        for key in keys.split()
    )


_TRADING_PROJECTS = (
    TradingProject(
        name="Momentum Rotation",
        description="Monthly rotation into the strongest sectors.",
        live=True,
        memberships=_team(
            "ingrid-solheim",
            editor="mateo-ferreira hanna-virtanen andrei-ionescu",
            viewer="caoimhe-doyle oliver-thackeray yuki-tanabe",
            live="mateo-ferreira",
        ),
    ),
    TradingProject(
        name="Overnight Gap Fade",
        description="Fades opening gaps in liquid large caps.",
        memberships=_team(
            "ingrid-solheim", editor="tomasz-wierzbicki weilin-zhao", viewer="leila-benhaddou kwame-boateng"
        ),
    ),
    TradingProject(
        name="Crypto Basis Carry",
        description="",
        live=True,
        memberships=_team(
            "ingrid-solheim",
            editor="arjun-mehta soren-kjeldsen",
            viewer="leila-benhaddou beatriz-carvalho",
            live="arjun-mehta leila-benhaddou",
        ),
    ),
    TradingProject(
        name="Volatility Term Structure",
        description="Long and short positions along the VIX curve.",
        memberships=_team("ingrid-solheim", editor="mateo-ferreira nadia-haddad", viewer="elena-petrova"),
    ),
    TradingProject(
        name="Dividend Capture EU",
        description="Holds European names over their ex-dividend date.",
        language=Language.CSHARP,
        memberships=_team("ingrid-solheim", editor="hugo-delacroix jonas-brandt", viewer="marcus-adeyemi"),
    ),
    TradingProject(
        name="Pairs: Energy Majors",
        description="Cointegrated pairs among the integrated oil companies.",
        memberships=_team(
            "ingrid-solheim",
            editor="sofia-marchetti weilin-zhao rafael-quintana",
            viewer="leila-benhaddou",
            live="sofia-marchetti",
        ),
    ),
    TradingProject(
        name="Treasury Futures Roll",
        description="Roll yield in the ten-year note.",
        language=Language.JAVA,
        memberships=_team("ingrid-solheim", editor="marcus-adeyemi", viewer="caoimhe-doyle"),
    ),
    TradingProject(
        name="Templates/Risk Limits",
        description="Start from here: exposure, drawdown and turnover limits.",
        memberships=_team(
            "ingrid-solheim",
            editor="leila-benhaddou jonas-brandt",
            viewer="hanna-virtanen weilin-zhao sofia-marchetti arjun-mehta nadia-haddad",
        ),
    ),
    TradingProject(
        name="Options Wheel Screener",
        description="Ranks underlyings for the wheel.",
        memberships=_team(
            "mateo-ferreira",
            editor="ingrid-solheim tomasz-wierzbicki",
            viewer="elena-petrova",
            live="ingrid-solheim",
        ),
    ),
    TradingProject(
        name="FX Carry Baskets",
        description="G10 carry with a momentum filter.",
        live=True,
        memberships=_team(
            "priya-raghunathan",
            editor="yuki-tanabe",
            viewer="ingrid-solheim caoimhe-doyle",
            live="yuki-tanabe",
        ),
    ),
    TradingProject(
        name="Intraday Liquidity Study",
        description="How deep is the book, and when?",
        language=Language.CSHARP,
        memberships=_team(
            "ingrid-solheim",
            editor="soren-kjeldsen tomasz-wierzbicki amara-okonkwo",
            viewer="freya-lindqvist",
        ),
    ),
    TradingProject(
        name="Legacy Mean Reversion",
        description="Superseded by Overnight Gap Fade.",
        archived=True,
        memberships=_team("ingrid-solheim", editor="andrei-ionescu", viewer="kwame-boateng"),
    ),
)

_SITES = (
    MonitoredSite(
        title="Corporate site",
        url="https://www.example.com",
        watched_for_uptime=True,
        memberships=_team(
            "ingrid-solheim",
            admin="amara-okonkwo petra-novakova",
            editor="jakub-dvorak greta-hoffmann",
            viewer="caoimhe-doyle isla-campbell",
        ),
    ),
    MonitoredSite(
        title="Client portal",
        url="https://portal.example.com",
        watched_for_uptime=True,
        memberships=_team(
            "amara-okonkwo",
            admin="ingrid-solheim viktor-halvorsen",
            editor="lucie-horakova samir-aziz",
            viewer="daniel-orourke caoimhe-doyle mateo-ferreira",
        ),
    ),
    MonitoredSite(
        title="Investor relations",
        url="https://investors.example.com",
        memberships=_team(
            "ingrid-solheim",
            editor="isla-campbell",
            viewer="priya-raghunathan",
            custom="tariq-rahimi",
        ),
    ),
    MonitoredSite(
        title="Careers",
        url="https://careers.example.com",
        checked=False,
        memberships=_team("ingrid-solheim", admin="greta-hoffmann", viewer="rosa-castellanos"),
    ),
    MonitoredSite(
        title="Documentation",
        url="https://docs.example.com",
        memberships=_team(
            "ingrid-solheim", editor="ondrej-benes soren-kjeldsen tomasz-wierzbicki", viewer="anouk-devries"
        ),
        invitations=(Invitation(email="new.writer@example.org", role=Role.VIEWER),),
    ),
    MonitoredSite(
        title="Status page",
        url="https://status.example.com",
        watched_for_uptime=True,
        memberships=_team("ingrid-solheim", admin="petra-novakova", editor="jakub-dvorak mei-nakamura"),
    ),
    MonitoredSite(
        title="Market data API",
        url="https://data.example.com",
        watched_for_uptime=True,
        memberships=_team(
            "soren-kjeldsen",
            admin="petra-novakova",
            editor="ingrid-solheim yuki-tanabe",
            viewer="leila-benhaddou",
        ),
    ),
    MonitoredSite(
        title="Research blog",
        url="https://research.example.org",
        memberships=_team("ingrid-solheim", editor="rafael-quintana chloe-beaumont", viewer="yuki-tanabe"),
    ),
    MonitoredSite(
        title="Partner extranet",
        url="https://partners.example.net",
        memberships=_team("priya-raghunathan", admin="viktor-halvorsen", viewer="ingrid-solheim samir-aziz"),
    ),
    MonitoredSite(
        title="Staging portal",
        url="https://staging.portal.example.com",
        checked=False,
        memberships=_team("ingrid-solheim", admin="amara-okonkwo", editor="lucie-horakova viktor-halvorsen"),
    ),
)

TIDEWATER = Organisation(
    name="Tidewater Lane Trading",
    operator="ingrid-solheim",
    people=PEOPLE,
    trading_projects=_TRADING_PROJECTS,
    sites=_SITES,
)
"""Ingrid Solheim is the operator. She owns most projects; in some she is an admin, an editor or a viewer.

Zanele Mthembu and Emil Kowalczyk have accounts (trading and monitoring) but no project: add them.
"""
