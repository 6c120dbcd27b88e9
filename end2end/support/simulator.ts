/** The carrier simulator as a process of its own, on a free port. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "@playwright/test";

import { BINARY, freePort } from "./server";

/** The usual day without its three failures in a hundred: a journey must not depend on chance. */
const SCRIPT = { receipts: { delivered: 1, failed: 0 } };

export class Simulator {
  private constructor(
    /** Host and port. */
    readonly listen: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** Starts it with the command that the guides name, on another port. */
  static async start(): Promise<Simulator> {
    const folder = await mkdtemp(join(tmpdir(), "peyk-simulator-"));
    const script = join(folder, "script.json");
    await writeFile(script, JSON.stringify(SCRIPT));
    const listen = `127.0.0.1:${await freePort()}`;
    const process = spawn(BINARY, ["simulate", "--listen", listen, "--script", script], { cwd: folder, stdio: "pipe" });
    let said = "";
    process.stdout!.on("data", (chunk) => (said += chunk));
    process.stderr!.on("data", (chunk) => (said += chunk));
    await expect.poll(() => said, { message: "peyk simulate listens" }).toContain(`http://${listen}`);
    return new Simulator(listen, folder, process);
  }

  /** Stops it, and removes its folder. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const gone = once(this.process, "exit");
      this.process.kill("SIGTERM");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
