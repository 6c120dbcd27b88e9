import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

const amount = (text: string) => Number(text.replace(/[^0-9.]/g, ""));

test("the lines of the costs add up to their total", async ({ page, server }) => {
  const send = (to: string, category: string) => server.api("/sms/send", { to, text: "Thank you.", category });
  for (const [i, category] of ["order", "order", "delivery", "account"].entries()) await send(`+1415778100${i}`, category);
  await page.goto("/costs?group_by=category");
  // A cost is known once the provider has taken the message.
  await expect(async () => {
    await page.reload();
    for (const name of ["Orders", "Delivery", "Account"]) {
      const line = page.locator("tbody tr", { has: page.getByRole("rowheader", { name, exact: true }) });
      expect(amount(await line.locator('[data-label="Cost"]').innerText({ timeout: 1_000 }))).toBeGreaterThan(0);
    }
  }).toPass({ timeout: 20_000 });

  for (const column of ["Messages", "Segments", "Cost"]) {
    const cells = await page.locator(`tbody td[data-label="${column}"]`).allInnerTexts();
    const total = amount(await page.locator(`tfoot td[data-label="${column}"]`).innerText());
    expect(total, column).toBeGreaterThan(0);
    expect(cells.map(amount).reduce((sum, n) => sum + n, 0), column).toBeCloseTo(total, 1);
  }
  await lookAt(page, "costs");
});
