import { lookAt } from "./support/look";
import { expect, test } from "./support/test";

const PAGES = [
  ["/", "Overview"],
  ["/campaigns", "Campaigns"],
  ["/history", "History"],
  ["/history/failed", "Failed messages"],
  ["/inbox", "Inbox"],
  ["/costs", "Costs"],
  ["/settings/connections", "Connections"],
  ["/settings/connections/simulator", /./],
  ["/settings/routing", "Routing"],
  ["/settings/codes", "Codes"],
  ["/settings/organisation", "Organisation"],
  ["/settings/keywords", "Keywords"],
  ["/settings/replies", "Saved replies"],
  ["/settings/users", "Users"],
  ["/settings/keys", "API keys"],
] as const;

for (const [path, heading] of PAGES) {
  test(`${path} keeps nobody out and fits every screen`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
    await lookAt(page, path === "/" ? "overview" : path.slice(1).replaceAll("/", "-"));
  });
}
