import type { Spread } from '../statistics.ts';

/** What stands where the system does not tell. */
export const unknown = 'unknown';

const orUnknown =
  (show: (value: number) => string) =>
  (value: number | null): string =>
    value === null ? unknown : show(value);

/** `12,345`. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en');
/** `0.97`, and `12.3` above ten. */
export const decimal = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
/** `1.03×`. */
export const times = orUnknown((value) => `${value.toFixed(2)}×`);
/** `75 %`. */
export const percent = orUnknown((share) => `${Math.round(share * 100)} %`);
/** Seconds as `110 µs`. */
export const microseconds = orUnknown((seconds) => `${decimalBelowTen(seconds * 1e6)} µs`);
/** Bytes as `120 MiB`. */
export const mebibytes = orUnknown((bytes) => `${Math.round(bytes / 2 ** 20)} MiB`);

const decimalBelowTen = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value));

/** `**median** (least–most)`. */
export const spread = ({ median, least, most }: Spread, show: (value: number) => string): string =>
  `**${show(median)}** (${show(least)}–${show(most)})`;

/** A table in Markdown. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** A list in Markdown. */
export const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
