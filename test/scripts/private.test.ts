import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeState } from '../../scripts/paths.ts';
import { ensureSecret } from '../../scripts/secret.ts';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const folder = await mkdtemp(join(tmpdir(), 'seatkeeper-'));

describe('nobody else reads', () => {
  it('a file of secrets that was there before', async () => {
    const file = join(folder, 'old.vars');
    const text = `JWT_SECRET=${'x'.repeat(32)}\n`;
    await writeFile(file, text, { mode: 0o644 });
    expect(await ensureSecret(file)).toBe(false);
    expect(await modeOf(file)).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('a file of secrets that begins with a byte order mark, which goes', async () => {
    const file = join(folder, 'marked.vars');
    const text = `JWT_SECRET=${'x'.repeat(32)}\n`;
    await writeFile(file, `\uFEFF${text}`);
    expect(await ensureSecret(file)).toBe(false);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('a new file of secrets', async () => {
    const file = join(folder, 'new.vars');
    expect(await ensureSecret(file)).toBe(true);
    expect(await modeOf(file)).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^JWT_SECRET=[\w-]{64}\n$/);
  });

  it('a new folder of local state; one that somebody made is theirs', async () => {
    const state = join(folder, 'a/b');
    makeState(state);
    expect(await modeOf(state)).toBe(0o700);
    await chmod(folder, 0o755);
    makeState(folder);
    expect(await modeOf(folder)).toBe(0o755);
  });
});
