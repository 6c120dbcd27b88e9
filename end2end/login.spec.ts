import { lookAt } from "./support/look";
import { OWNER } from "./support/server";
import { expect, signedOut, test } from "./support/test";

test.use({ storageState: signedOut });

test("a wrong password is refused, the right one opens the page that was asked for, and sign-out closes it", async ({ page }) => {
  await page.goto("/costs");
  await expect(page).toHaveURL(/\/login/);
  await lookAt(page, "login");

  await page.getByLabel("Email").fill(OWNER.email);
  await page.getByLabel("Password").fill("not the right password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(page).toHaveTitle(/^Error: /);
  await expect(page.getByLabel("Email")).toHaveValue(OWNER.email);
  await expect(page.getByLabel("Password")).toHaveValue("");
  await lookAt(page, "login-refused");

  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/costs$/);

  await page.getByRole("button", { name: /^Account:/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto("/costs");
  await expect(page).toHaveURL(/\/login/);
});
