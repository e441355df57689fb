/** A name of the code as JSON and SQL have it: snake_case. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The name of a field of an event in JSON: in snake_case, and holds in minutes. */
export function jsonName(field: string): string {
  return field === 'holdMs' ? 'hold_minutes' : snakeCase(field);
}
