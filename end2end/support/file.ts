/** A CSV file as a shop would bring it. */

/** What a file holds and what must come of it. */
export type List = {
  name: string;
  mimeType: string;
  buffer: Buffer;
  /** Data rows. */
  rows: number;
  /** Rows that no message can be made of. */
  rejected: number;
  /** Rows whose number an earlier one has. */
  repeated: number;
};

const FAULTY = ["12345,Too short", "call me,No number", ",Nobody"];

/**
 * A list of `rows` rows, with three faulty ones and a repeated number among them. `exchange` is the first of the
 * three digits after the area code, so that two lists do not share numbers.
 */
export function list(name: string, rows: number, exchange: number): List {
  const good = rows - FAULTY.length - 1;
  const lines = Array.from({ length: good }, (_, i) => `${numberOf(exchange, i)},Guest ${i + 1}`);
  lines.splice(5, 0, ...FAULTY);
  lines.push(`${numberOf(exchange, 0)},Twice`);
  return {
    name,
    mimeType: "text/csv",
    buffer: Buffer.from(["phone,name", ...lines].join("\r\n")),
    rows,
    rejected: FAULTY.length,
    repeated: 1,
  };
}

/** Some last digits make the simulator do one special thing: none of these numbers ends in 0001 to 0999. */
function numberOf(exchange: number, i: number): string {
  return `+1415${exchange}${String(20 + Math.floor(i / 9000))}${1000 + (i % 9000)}`;
}
