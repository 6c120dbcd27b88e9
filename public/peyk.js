// Conveniences only: every page works without this file.
(() => {
  "use strict";

  const typing = (el) => el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

  // "/" goes to the search box.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const search = document.querySelector("form[role=search] input");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // <button data-insert="((name))" data-into="id"> puts its text at the cursor of the text field.
  document.addEventListener("click", (event) => {
    const chip = event.target instanceof Element && event.target.closest("[data-insert]");
    if (!chip) return;
    const field = document.getElementById(chip.dataset.into);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.setRangeText(chip.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // <form data-seen> is pressed once, when the page that was opened is looked at: a tab in the background has been read by nobody.
  const seen = () => {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", seen);
    for (const form of document.querySelectorAll("form[data-seen]")) form.dispatchEvent(new Event("seen"));
  };
  document.addEventListener("visibilitychange", seen);
  // htmx takes its places in a timer of its own, which is older than this one.
  window.addEventListener("load", () => setTimeout(seen), { once: true });

  // <button data-copy="id"> copies what the element shows.
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  });
})();
