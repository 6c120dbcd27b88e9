import { OWNER } from "./support/server";
import { lookAt } from "./support/look";
import { expect, signedOut, test } from "./support/test";

test.use({ storageState: signedOut });

test("the printed address leads through set-up to the overview", async ({ page, emptyServer }) => {
  const address = await emptyServer.printed(/Set up Peyk: (\S+)/);
  await page.goto(address);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Set up your desk");
  await lookAt(page, "setup");

  await page.getByLabel("Your name").fill("Sara Amini");
  await page.getByLabel("Email").fill(OWNER.email);
  await page.getByLabel("Password").fill("short");
  await page.getByLabel("Name of the organisation").fill("Café Nord");
  await page.getByRole("button", { name: "Finish set-up" }).click();
  await expect(page.getByRole("alert")).toContainText("15 characters");
  await expect(page.getByLabel("Name of the organisation")).toHaveValue("Café Nord");

  await page.getByLabel("Password").fill(OWNER.password);
  await page.getByRole("button", { name: "Finish set-up" }).click();
  await expect(page).toHaveURL(`${emptyServer.url}/`);
  await expect(page.getByText("Your desk is ready.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Overview");
  await expect(page.getByRole("link", { name: "Write a template" })).toBeVisible();
  await lookAt(page, "overview-first-steps");
});
