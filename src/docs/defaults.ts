/** As much of a JSON Schema as defaults are found by. */
interface Schema {
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

interface Field {
  default?: unknown;
  description?: string;
}

/**
 * Says the defaults of fields in words. Generators of clients take a field with a `default` for one that is always
 * there, and so demand it of callers, who are the very ones that may leave it out.
 */
export function describeDefaults(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  const { properties, required = [] } = part as Schema;
  for (const [name, field] of Object.entries(properties ?? {})) {
    if (field.default === undefined || required.includes(name)) continue;
    const words = `Left out: \`${JSON.stringify(field.default)}\`.`;
    field.description = field.description === undefined ? words : `${field.description} ${words}`;
    delete field.default;
  }
  for (const member of Object.values(part)) describeDefaults(member);
}
