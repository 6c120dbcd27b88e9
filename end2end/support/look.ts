/** Looks at a page the way axe does, and the way a person will. */

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Finds what keeps people out: WCAG 2.2 AA and axe's best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(" ")).join(", ")})`);
  expect(told, `axe at ${new URL(page.url()).pathname}`).toEqual([]);
}

/** Nothing on the page is wider than the screen. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, "width of the page in pixels").toBeLessThanOrEqual(page.viewportSize()!.width);
}

/**
 * Checks the page in light and dark, wide and on a phone, and keeps a picture of each in `screenshots/`.
 * Leaves the page light and as wide as it was.
 */
export async function lookAt(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()!;
  for (const [place, width, height] of [["wide", 1280, 800], ["phone", 390, 844]] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      // A picture of the full page would put fixed bars in its middle: make the window as high instead.
      const body = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.max(height, body) });
      await page.screenshot({ path: `screenshots/${name}-${place}-${colorScheme}.png` });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(before);
}
