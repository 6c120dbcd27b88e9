/** What every journey stands on: a server of the worker's own, and pages that may not complain. */

import { test as base, expect, type Browser, type BrowserContextOptions } from "@playwright/test";

import { OWNER, Server } from "./server";

type OfTest = {
  /** A server without users, for set-up. */
  emptyServer: Server;
};

type OfWorker = {
  /** A server that OWNER is signed in to on every page of the journey. */
  server: Server;
  /** The cookies of OWNER. */
  signedIn: BrowserContextOptions["storageState"];
};

/** The browser of somebody who never signed in. */
export const signedOut = { cookies: [], origins: [] };

export const test = base.extend<OfTest, OfWorker>({
  server: [
    async ({}, use) => {
      const server = await Server.withOwner();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  signedIn: [
    async ({ browser, server }, use) => use(await signIn(browser, server)),
    { scope: "worker" },
  ],

  emptyServer: async ({}, use) => {
    const server = await Server.empty();
    await use(server);
    await server.stop();
  },

  baseURL: async ({ server }, use) => use(server.url),

  storageState: async ({ signedIn }, use) => use(signedIn),

  // A script error, a missing file or a breach of the content policy fails the journey that saw it.
  page: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await use(page);
    expect(complaints, "the browser's console stays free of errors").toEqual([]);
  },
});

async function signIn(browser: Browser, server: Server): Promise<BrowserContextOptions["storageState"]> {
  const context = await browser.newContext({ baseURL: server.url, storageState: undefined });
  const page = await context.newPage();
  await page.goto("/login");
  await page.locator('[name="email"]').fill(OWNER.email);
  await page.locator('[name="password"]').fill(OWNER.password);
  await page.locator('form:has([name="password"]) button[type="submit"]').click();
  await expect(page).toHaveURL(`${server.url}/`);
  const cookies = await context.storageState();
  await context.close();
  return cookies;
}

export { expect };
