import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { headline } from '../../scripts/client-types.ts';

it('the types of the client are made from the document as it is (if not: npm run client:types)', async () => {
  const [first] = (await readFile('test/types/api.generated.d.ts', 'utf8')).split('\n', 1);
  expect(first).toBe(await headline());
});
