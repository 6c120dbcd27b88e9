/** Peyk as a process of its own, on an empty folder and a free port. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { expect } from "@playwright/test";

/** The program under test. */
export const BINARY = process.env.PEYK_BINARY ?? resolve(__dirname, "../../target/debug/peyk");

/** The user whom `Server.withOwner` adds. */
export const OWNER = { email: "owner@example.com", password: "correct horse battery staple" };

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("the probe listens on no port");
  return address.port;
}

export class Server {
  readonly setupToken = "end-to-end-setup-token";
  private process?: ChildProcess;
  private said = "";
  private key?: Promise<string>;

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly listen: string,
  ) {}

  /** A server whose database is empty: only the set-up page is open. */
  static async empty(): Promise<Server> {
    const listen = `127.0.0.1:${await freePort()}`;
    const server = new Server(`http://${listen}`, await mkdtemp(join(tmpdir(), "peyk-end2end-")), listen);
    await server.start();
    return server;
  }

  /** A server that {@link OWNER} can sign in to. */
  static async withOwner(): Promise<Server> {
    const listen = `127.0.0.1:${await freePort()}`;
    const server = new Server(`http://${listen}`, await mkdtemp(join(tmpdir(), "peyk-end2end-")), listen);
    await server.run(["user", "add", "--email", OWNER.email, "--role", "owner", "--password-stdin"], `${OWNER.password}\n`);
    await server.start();
    return server;
  }

  /** Runs a command on this server's data and gives what it prints. */
  async run(args: string[], input = ""): Promise<string> {
    const command = this.spawn(args);
    let said = "";
    let complained = "";
    command.stdout!.on("data", (chunk) => (said += chunk));
    command.stderr!.on("data", (chunk) => (complained += chunk));
    command.stdin!.end(input);
    const [code] = await once(command, "close");
    if (code !== 0) throw new Error(`peyk ${args.slice(0, 2).join(" ")} ended with ${code}: ${complained}`);
    return said;
  }

  /** What the first bracket of the pattern finds in what the server has printed. */
  async printed(pattern: RegExp): Promise<string> {
    await expect.poll(() => this.said, { message: `peyk serve prints ${pattern}` }).toMatch(pattern);
    return this.said.match(pattern)![1];
  }

  /** Calls the API with a key that may do everything, by POST unless said otherwise, and gives the answer. */
  async api(path: string, body?: object, method = "POST"): Promise<any> {
    this.key ??= this.run(["key", "add", "--name", "end-to-end"]);
    const headers = { authorization: `Bearer ${(await this.key).trim()}`, "content-type": "application/json" };
    const answer = await fetch(`${this.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  /** Stops it as an operator does, and removes its folder. */
  async stop(): Promise<void> {
    if (this.process?.exitCode === null) {
      const gone = once(this.process, "exit");
      this.process.kill("SIGTERM");
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async start(): Promise<void> {
    const process = this.spawn(["serve"]);
    process.stdin!.end();
    process.stdout!.on("data", (chunk) => (this.said += chunk));
    let complained = "";
    process.stderr!.on("data", (chunk) => (complained = (complained + chunk).slice(-4000)));
    this.process = process;
    const state = async () => {
      if (process.exitCode !== null) throw new Error(`peyk serve ended with ${process.exitCode}: ${complained}`);
      return fetch(`${this.url}/readyz`).then((answer) => answer.status, () => "no answer yet");
    };
    await expect.poll(state, { message: "peyk serve becomes ready", timeout: 30_000 }).toBe(200);
  }

  private spawn(args: string[]): ChildProcess {
    const env = {
      PATH: process.env.PATH,
      PEYK_DATA: join(this.folder, "data"),
      PEYK_LISTEN: this.listen,
      PEYK_SETUP_TOKEN: this.setupToken,
    };
    return spawn(BINARY, args, { cwd: this.folder, env, stdio: "pipe" });
  }
}
