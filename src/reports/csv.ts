/** What a cell can be made of; null is an empty one. */
export type Cell = string | number | null;

/**
 * Where spreadsheets may take what follows for a formula (OWASP, "CSV Injection"): at the start, and after a semicolon,
 * which parts cells where the comma is the decimal sign. They skip what can't be seen; the full-width signs count too.
 */
const FORMULA = /(^|;)(?=[\s\p{Cc}\p{Cf}\p{DI}]*[=+\-@＝＋－＠]|[\t\r\n])/gu;
const SPECIAL = /[",;\r\n]/;

/** One line of CSV (RFC 4180) with its end; what looks like a formula is made plain by an apostrophe. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

function toCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const plain = value.replace(FORMULA, "$1'");
  return SPECIAL.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
