/** What a provider's guide tells a reader to do, taken from the guide itself: who changes the one must change the other. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** The part of a guide that needs no account. */
const TRIAL = "Try it without an account";
/** Where the guides let the simulator listen. */
const ADDRESS = "127.0.0.1:4010";

/** A question to the simulator, and what the guide says about the answer; `…` stands for anything. */
export type Exchange = { ask: string; answer: string };

export type Guide = {
  /** What the connection asks for: what the page calls it, and its name in the API. */
  settings: [label: string, name: string][];
  /** The command that starts the simulator. */
  start: string;
  exchanges: Exchange[];
  /** What is written into the form of a new connection, by label. */
  fields: [label: string, value: string][];
  /** The file of prices. */
  prices: string;
  /** What the page says when the provider is asked what is left. */
  balance: string;
  /** The number of the test, and that of the message. */
  numbers: { test: string; message: string };
};

/** Reads a guide for a simulator that listens elsewhere than the guide says. */
export async function read(provider: string, listen: string): Promise<Guide> {
  const whole = await readFile(resolve(__dirname, `../../docs/providers/${provider}.md`), "utf8");
  const trial = section(whole, TRIAL);
  const [start, conversation] = blocks(trial, "sh");
  const here = (text: string) => text.replaceAll(ADDRESS, listen);
  return {
    settings: settings(section(whole, "The connection")),
    start,
    exchanges: exchanges(here(conversation)),
    fields: rows(trial).map(([label, value]) => [label, here(value.replaceAll("`", ""))]),
    prices: blocks(trial, "csv")[0],
    balance: found(trial, /“Ask the provider” answers “([^”]+)”/),
    numbers: { test: found(trial, /\*\*Send a test\*\* to `([^`]+)`/), message: found(trial, /\*\*New message\*\* to `([^`]+)`/) },
  };
}

/** Runs the questions as one script, as a reader pastes them, and gives the answer of each. */
export async function ask(exchanges: Exchange[]): Promise<string[]> {
  const end = "\u001e";
  const shell = spawn("bash", ["-c", exchanges.map(({ ask }) => `${ask}\nprintf '${end}'`).join("\n")], { stdio: "pipe" });
  let said = "";
  shell.stdout.setEncoding("utf8").on("data", (chunk) => (said += chunk));
  shell.stderr.resume();
  await once(shell, "close");
  return said.split(end).slice(0, -1).map(oneLine);
}

/** Matches what the guide shows of an answer, whatever stands for `…` in it. */
export function pattern(answer: string): RegExp {
  const parts = oneLine(answer).split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "su");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function section(text: string, title: string): string {
  const [, after] = text.split(`\n## ${title}\n`);
  if (after === undefined) throw new Error(`the guide has no part “${title}”`);
  return after.split("\n## ")[0];
}

/** The blocks of code in a language, without the indent of the list that they stand in. */
function blocks(text: string, language: string): string[] {
  const fence = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^ *\`\`\``, "gms");
  return [...text.matchAll(fence)].map(([, indent, block]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim());
}

/** The rows of tables of two columns and more, without their heads. */
function rows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => /^ *\|/.test(line) && !/^ *\| *---/.test(line));
  const cells = lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  return cells.slice(1);
}

/** “User name (`username`), Password (`password`)” is two settings. */
function settings(text: string): [string, string][] {
  const pair = /([^,(]+) \(`([a-z_]+)`\)/g;
  const named = rows(text).flatMap(([first]) => [...first.matchAll(pair)]);
  return named.map(([, label, name]) => [label.trim(), name]);
}

/** Commands up to a comment belong together; the comment is what the last of them answers. */
function exchanges(block: string): Exchange[] {
  const all: Exchange[] = [];
  let asked: string[] = [];
  let answered: string[] = [];
  const flush = () => {
    if (answered.length > 0) {
      all.push({ ask: asked.join("\n"), answer: answered.join("\n") });
      [asked, answered] = [[], []];
    }
  };
  for (const line of block.split("\n")) {
    if (line.startsWith("# ")) {
      answered.push(line.slice(2));
    } else {
      flush();
      asked.push(line);
    }
  }
  flush();
  return all;
}

function found(text: string, pattern: RegExp): string {
  const match = text.replace(/\s+/g, " ").match(pattern);
  if (match === null) throw new Error(`the guide says nothing like ${pattern}`);
  return match[1];
}
