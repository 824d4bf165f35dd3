"""A repository of a few files that use each other's names, with a copy of one of them."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "shop/prices.py": '''
def price_with_tax(amount, rate):
    """The price that a customer pays."""
    return round(amount * (1 + rate), 2)


def discounted_price(amount, share):
    return amount - amount * share
''',
    "shop/cart.py": '''
from shop.prices import discounted_price, price_with_tax


class Cart:
    def __init__(self):
        self.items = []

    def total_to_pay(self, rate):
        """What the cart costs."""
        total = 0
        for item in self.items:
            reduced = discounted_price(item.amount, item.share)
            total += price_with_tax(reduced, rate) * item.count
        return total
''',
    "shop/report.py": """
from shop.cart import Cart


def monthly_report(orders, rate):
    lines = []
    for order in orders:
        basket = Cart()
        basket.items.extend(order.positions)
        lines.append(f"{order.number} {basket.total_to_pay(rate)}")
    return lines
""",
    "web/money.ts": """
export function formatMoney(amount: number, currency: string): string {
  return `${amount.toFixed(2)} ${currency}`;
}
""",
    "web/page.ts": """
import { formatMoney } from "./money";

export function renderRow(name: string, amount: number): string {
  const shown = formatMoney(amount, "EUR");
  const cells = [name, shown].map((cell) => `<td>${cell}</td>`);
  return `<tr>${cells.join("")}</tr>`;
}
""",
}


def make(root: Path) -> Path:
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def make_with_copies(root: Path) -> Path:
    """With a whole copy of each file, and one with a pasted method of another shape."""
    make(root)
    for path, text in FILES.items():
        copy = root / "older" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("\n" + text.replace("    ", "  "), encoding="utf-8")
    body = FILES["shop/cart.py"].partition('costs."""\n')[2]
    pasted = "def free_standing(self, rate):\n    unrelated = 1\n" + body.replace(
        "        ", "    ", 1
    )
    (root / "shop" / "pasted.py").write_text(pasted, encoding="utf-8")
    return root
