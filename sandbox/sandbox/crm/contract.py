"""The assumed contract of the CRMOffice API, as its OpenAPI page shows it.

Proven are the addresses, the sign-in, ``items`` of a list, the bare array of users and
the properties named in the README; everything else here is an assumption.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Open(BaseModel):
    """Unknown properties pass through untouched."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)


class Reference(_Open):
    """Another record."""

    id: str | None = None


class Address(_Open):
    """A Norwegian postal or visiting address."""

    street_address: str | None = None
    post_code: str | None = None
    postal_area: str | None = None
    country: str | None = None


class ActivityAddress(_Open):
    """Where an activity takes place."""

    country: str | None = None
    postal_area: str | None = None


class CompanyChange(_Open):
    """A company as it is written."""

    name: str | None = Field(None, description="Required on creation.")
    org_nr: str | None = Field(
        None, description="Norwegian organisation number, check digit right."
    )
    website: str | None = None
    phone: str | None = None
    email: str | None = None
    post_address: Address | None = None
    visit_address: Address | None = None


class ContactChange(_Open):
    """A contact as it is written."""

    given_name: str | None = Field(None, description="This or familyName is required.")
    family_name: str | None = None
    email: str | None = None
    title: str | None = None
    direct_phone: str | None = None
    mobile_phone: str | None = None
    company: Reference | None = None


class ActivityChange(_Open):
    """An activity as it is written."""

    subject: str | None = Field(None, description="Required on creation.")
    description: str | None = None
    status: str | None = None
    starts_at: str | None = Field(None, description="ISO 8601; without an offset: Europe/Oslo.")
    ends_at: str | None = None
    owner_id: str | None = Field(None, description="A user's id or userName.")
    company: Reference | None = None
    contact: Reference | None = None
    address: ActivityAddress | None = None


class _Kept(_Open):
    """What the server sets."""

    id: str
    created_at: str
    updated_at: str = Field(description="Grows strictly with each change.")


class Company(CompanyChange, _Kept):
    """A company."""


class Contact(ContactChange, _Kept):
    """A contact."""


class Activity(ActivityChange, _Kept):
    """An activity."""


class User(_Open):
    """A user."""

    id: str
    user_name: str
    full_name: str | None = None
    email: str | None = None


class CompanyPage(_Open):
    """A page of companies."""

    items: list[Company]
    total_count: int | None = None


class ContactPage(_Open):
    """A page of contacts."""

    items: list[Contact]
    total_count: int | None = None


class ActivityPage(_Open):
    """A page of activities."""

    items: list[Activity]
    total_count: int | None = None


class Problem(BaseModel):
    """An error."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, list[str]] | None = None
