"""Every pair of text and ground in the tokens reaches AA (4.5:1), light and dark, as the browser computes them."""

from __future__ import annotations

import pytest

PAIRS = [
    ("--fo-text", "--fo-ground"), ("--fo-text", "--fo-surface"), ("--fo-text", "--fo-sunken"),
    ("--fo-text", "--fo-quiet-tint"), ("--fo-text-quiet", "--fo-ground"), ("--fo-text-quiet", "--fo-surface"),
    ("--fo-text-quiet", "--fo-sunken"), ("--fo-text-quiet", "--fo-quiet-tint"), ("--fo-text-quiet", "--fo-accent-tint"),
    ("--fo-accent", "--fo-ground"), ("--fo-accent", "--fo-surface"), ("--fo-accent", "--fo-accent-tint"),
    ("--fo-good", "--fo-good-tint"), ("--fo-waiting", "--fo-waiting-tint"), ("--fo-bad", "--fo-bad-tint"),
    ("--fo-info", "--fo-info-tint"), ("--fo-bad", "--fo-surface"), ("--fo-waiting", "--fo-surface"),
    ("#ffffff", "--fo-accent-ground"), ("#ffffff", "--fo-accent-ground-hover"), ("#ffffff", "--fo-bad-ground"),
    ("--fo-text", "--fo-bad-tint"), ("--fo-text", "--fo-waiting-tint"), ("--fo-text", "--fo-info-tint"),
]  # fmt: skip

COLOURS = """(names) => names.map((name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = name.startsWith("--") ? `var(${name})` : name;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour.match(/[0-9.]+/g).slice(0, 3).map(Number);
})"""


def luminance(rgb):
    parts = [part / 255 for part in rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_text_and_ground_reaches_aa(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/accounts/sign-in/")
    faint = {}
    for text, ground in PAIRS:
        found = contrast(*page.evaluate(COLOURS, [text, ground]))
        if found < 4.5:
            faint[f"{text} on {ground}"] = round(found, 2)
    assert faint == {}
