// Has Twilio's segment calculator count the texts of one file and compares. Usage: node segments.js FILE
const { createRequire } = require('node:module');
const fs = require('node:fs');
const outside = createRequire(process.cwd() + '/');
const splitter = outside('sms-segments-calculator/dist/libs/textUtils');
const { SegmentedMessage } = outside('sms-segments-calculator');

// GSM 03.38 counts code units and 3GPP TS 23.040 forbids a cut only within a character, so that a part may end within a
// cluster such as a family; the calculator keeps clusters whole. Both are counted, the first must be ours.
const clusters = splitter.splitGraphemes;
const count = (text, split) => {
  splitter.splitGraphemes = split;
  const message = new SegmentedMessage(text);
  const units = message.encodedChars.reduce((sum, char) => sum + char.codeUnits.length, 0);
  return { gsm: message.encodingName === 'GSM-7', units, segments: message.segmentsCount };
};

let wrong = 0, texts = 0, gsm = 0, long = 0, kept = 0;
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const ours = JSON.parse(line);
  const theirs = count(ours.text, (text) => [...text]);
  texts += 1;
  gsm += ours.gsm ? 1 : 0;
  long += ours.segments > 1 ? 1 : 0;
  kept += count(ours.text, clusters).segments === theirs.segments ? 0 : 1;
  if (['gsm', 'units', 'segments'].some((key) => ours[key] !== theirs[key])) {
    wrong += 1;
    if (wrong <= 10) console.log(JSON.stringify({ ours, theirs }));
  }
}
console.log(`${texts} texts (${gsm} GSM-7, ${texts - gsm} UCS-2, ${long} of several segments): ${wrong} counted differently`);
console.log(`for ${kept} it would matter if clusters were kept whole`);
process.exit(texts === 10000 && wrong === 0 ? 0 : 1);
