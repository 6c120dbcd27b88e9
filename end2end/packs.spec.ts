import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

const REVIEWER = { email: "reviewer@example.com", password: "seven quiet herons swim" };

test("a pack is installed, and marketing of it waits for a second person", async ({ page, server, browser }) => {
  test.setTimeout(180_000);
  await server.run(["user", "add", "--email", REVIEWER.email, "--role", "admin", "--password-stdin"], `${REVIEWER.password}\n`);
  await page.goto("/settings/organisation");
  await page.getByLabel("A second person approves marketing templates").check();
  await page.getByRole("button", { name: "Save" }).first().click();

  await page.goto("/templates");
  await page.getByRole("link", { name: "Packs" }).first().click();
  await lookAt(page, "packs");
  await page.getByRole("link", { name: /gas/i }).first().click();
  await expect(page.locator("p.bubble").first()).toContainText("【");
  await lookAt(page, "pack-gas");
  await page.getByRole("button", { name: /^Install all/ }).click();
  await expect(page.getByText("You have this").first()).toBeVisible();

  await page.goto("/templates/new");
  await page.getByLabel(/^Text in /).fill("Sale today! Reply STOP to end.");
  await page.getByLabel("Name", { exact: true }).fill("Winter sale");
  await page.getByLabel("Category").selectOption("marketing");
  await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByRole("button", { name: "Save and ask for approval of version 1" }).click();
  await expect(page.getByText("Waiting for approval").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve and publish" })).toHaveCount(0);
  await lookAt(page, "template-waits");
  const address = page.url();

  const second = await browser.newContext({ baseURL: server.url, storageState: undefined });
  const other = await second.newPage();
  await other.goto("/login");
  await other.locator('[name="email"]').fill(REVIEWER.email);
  await other.locator('[name="password"]').fill(REVIEWER.password);
  await other.locator('form:has([name="password"]) button[type="submit"]').click();
  await other.goto(address);
  await expect(other.getByRole("heading", { name: "Approve version 1?" })).toBeVisible();
  await lookAt(other, "template-approve");
  await other.getByRole("button", { name: "Approve and publish" }).click();
  await expect(other.getByText("Version 1 is live.", { exact: false }).first()).toBeVisible();
  await second.close();

  // Other journeys of this server publish marketing by themselves.
  await page.goto("/settings/organisation");
  await page.getByLabel("A second person approves marketing templates").uncheck();
  await page.getByRole("button", { name: "Save" }).first().click();
});
