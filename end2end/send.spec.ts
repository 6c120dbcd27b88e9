import { lookAt } from "./support/look";
import { expect, signedOut, test } from "./support/test";

const TAIPEI = "Asia/Taipei";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("one message is written to a contact, looked at, tested, and sent by their clocks", async ({ page, server }) => {
      const name = javaScriptEnabled ? "Zahra Nilforush" : "Omid Nilforush";
      const phone = javaScriptEnabled ? "+14157772201" : "+14157772202";
      await server.api("/contacts", { phone, name, time_zone: TAIPEI });

      await page.goto("/send");
      const to = page.getByLabel("To", { exact: true });
      const text = page.getByLabel("Text", { exact: true });
      await to.fill("Nobody Of That Name");
      await text.fill("Don’t miss it: bit.ly/x");
      await page.getByLabel("Category").selectOption("marketing");
      await page.getByRole("button", { name: "Update preview" }).click();
      await expect(page.locator("#preview")).toContainText("No contact is named");
      await to.fill(name);
      await page.getByRole("button", { name: "Update preview" }).click();
      const preview = page.locator("#preview");
      await expect(preview).toContainText("U+2019");
      await expect(preview).toContainText("must say how to stop");
      await expect(preview).toContainText("bit.ly");
      await expect(preview).toContainText("would not be sent now");
      // axe needs JavaScript.
      if (javaScriptEnabled) await lookAt(page, "send");
      await page.getByRole("button", { name: "Use plain characters" }).click();
      await expect(text).toHaveValue("Don't miss it: bit.ly/x");

      await text.fill("Your table is free from seven.");
      await page.getByLabel("Category").selectOption("reminder");
      await page.getByText("Send a test first").click();
      await page.getByLabel("Your own number").fill("12");
      await page.getByRole("button", { name: "Send test" }).click();
      await expect(page.locator("#test_to-error")).toBeVisible();
      await page.getByLabel("Your own number").fill("+14157772299");
      await page.getByRole("button", { name: "Send test" }).click();
      await expect(page.getByText("The test is on its way to +14157772299")).toBeVisible();
      await expect(text).toHaveValue("Your table is free from seven.");

      const day = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10);
      await page.getByLabel("Send at (optional)").fill(`${day}T19:00`);
      await page.getByLabel("By whose clocks").selectOption("theirs");
      await page.getByRole("button", { name: "Send message" }).click();
      await expect(page).toHaveURL(/\/history\/[^/]+$/);
      await expect(page.locator("main")).toContainText("Scheduled");
      if (javaScriptEnabled) await lookAt(page, "send-scheduled");
    });
  });
}

test.describe("of somebody who got a message", () => {
  test.use({ storageState: signedOut, viewport: { width: 390, height: 844 } });

  for (const [lang, button, stopped] of [
    ["fa", "همین حالا همه را لغو کن", "همهٔ پیامک‌ها لغو شد."],
    ["zh-Hant", "立即停止所有簡訊", "已停止所有簡訊"],
  ] as const) {
    for (const javaScriptEnabled of [true, false]) {
      test.describe(`in ${lang}, ${javaScriptEnabled ? "with" : "without"} JavaScript`, () => {
        test.use({ javaScriptEnabled });

        test("the link in a message shows one button, and only the button stops", async ({ page, server }) => {
          const code = `link-${lang.toLowerCase()}-${javaScriptEnabled}`;
          const texts = { [lang]: "{{ unsubscribe_link }}" };
          await server.api("/sms/templates", { code, name: code, category: "order", texts });
          await server.api(`/sms/templates/${code}/publish`, {});
          const to = `+141577722${lang === "fa" ? 1 : 2}${javaScriptEnabled ? 1 : 2}`;
          const message = await server.api("/sms/send", { to, template: code, language: lang });
          const link: string = message.text;
          await page.goto(`${link}?lang=${lang}`);
          await page.goto(`${link}?lang=${lang}`);
          await expect(page.locator("html")).toHaveAttribute("lang", lang);
          await expect(page.getByRole("button", { name: button })).toBeInViewport();
          if (javaScriptEnabled) await lookAt(page, `unsubscribe-${lang}`);
          await page.getByRole("button", { name: button }).click();
          await expect(page.getByText(stopped, { exact: false }).first()).toBeVisible();
          await expect(page).toHaveURL(/\/p\//);
        });
      });
    }
  }
});
