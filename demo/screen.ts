import { styleText } from 'node:util';

/** One line of a check as an activity holds it. */
export interface ShownCheck {
  readonly check: string;
  readonly expected: string;
  readonly presented: string;
  readonly ok: boolean;
  readonly hint?: string;
}

/** The widest line that gets a remark at its end. */
const widest = 120;

/** The longest value that is printed in one piece. */
const longest = 78;

/** Prints a story step by step; in colour on a terminal only. */
export interface Screen {
  /** A numbered heading with a sentence of its own. */
  step(title: string, sentence: string): void;
  request(line: string): void;
  /** A status line: good below 400. */
  status(status: number, words: string): void;
  /** Names and values in two columns. Tokens and other long values are shortened. */
  fields(fields: Readonly<Record<string, unknown>>): void;
  /** JSON, indented. */
  json(value: unknown): void;
  note(sentence: string): void;
  blank(): void;
  good(sentence: string): void;
  bad(sentence: string): void;
  /** Checks in aligned columns with a mark each, and their hints. */
  checks(checks: readonly ShownCheck[]): void;
}

type Format = Parameters<typeof styleText>[0];

/** A screen on a stream. Whether to use colour is for the stream and the environment to say (`NO_COLOR`, no TTY). */
export const createScreen = (stream: NodeJS.WriteStream): Screen => {
  let steps = 0;
  const paint = (format: Format, text: string): string => styleText(format, text, { stream });
  const print = (line = ''): void => void stream.write(`${line}\n`);
  const indented = (text: string): void => print(`     ${text}`);
  return {
    step: (title, sentence) => {
      steps += 1;
      print();
      print(paint('bold', `${String(steps).padStart(2)}   ${title}`));
      indented(paint('dim', sentence));
    },
    request: (line) => indented(paint('cyan', `→ ${line}`)),
    status: (status, words) => indented(paint(status < 400 ? 'green' : 'red', `← ${status} ${words}`)),
    fields: (fields) => {
      const width = Math.max(...Object.keys(fields).map((name) => name.length));
      for (const [name, value] of Object.entries(fields)) {
        indented(`  ${paint('dim', name.padEnd(width))}  ${shorten(value)}`);
      }
    },
    json: (value) => {
      for (const line of JSON.stringify(value, null, 2).split('\n')) indented(`  ${line}`);
    },
    note: (sentence) => indented(paint('dim', sentence)),
    blank: () => print(),
    good: (sentence) => indented(`${paint('green', '✔')} ${sentence}`),
    bad: (sentence) => indented(`${paint('red', '✘')} ${sentence}`),
    checks: (checks) => {
      const width = Math.max(...checks.map(({ check }) => check.length));
      for (const { check, expected, presented, ok, hint } of checks) {
        const mark = ok ? paint('green', '✔') : paint('red', '✘');
        const under = `    ${' '.repeat(width)}  `;
        const line = `  ${mark} ${check.padEnd(width)}  ${shorten(presented)}`;
        const wanted = ok && presented !== expected ? `(${expected})` : '';
        indented(line.length + wanted.length < widest ? `${line} ${paint('dim', wanted)}`.trimEnd() : line);
        if (!ok) indented(`${under}${paint('dim', 'expected')} ${expected}`);
        if (hint !== undefined) indented(`${under}${paint('yellow', 'hint')} ${hint}`);
      }
    },
  };
};

/** A JWT by its ends, so that two can be told apart; other text up to a length. */
export const shorten = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text))
    return `${text.slice(0, 14)}…${text.slice(-8)} (${text.length} characters)`;
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
};
