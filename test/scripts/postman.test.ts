import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { postmanCollection } from '../../scripts/postman.ts';

interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
  readonly request?: {
    readonly url: { readonly variable: readonly { value: string }[] };
    readonly body?: { raw?: string };
  };
  readonly event?: readonly { readonly listen: string; readonly script: { readonly exec: readonly string[] } }[];
}

const collection = (await postmanCollection()) as Item & { readonly variable: readonly { readonly key: string }[] };
const requests = (collection.item ?? []).flatMap((folder) => folder.item ?? []);

it('has every operation once, with a test of its answer', async () => {
  const document = JSON.parse(await readFile('test/http/docs/openapi.snapshot.json', 'utf8'));
  const summaries = Object.values<Record<string, { summary: string }>>(document.paths).flatMap((path) =>
    Object.values(path).map((operation) => operation.summary),
  );
  expect(requests.map(({ name }) => name).sort()).toEqual(summaries.sort());
  for (const { event } of requests) expect(event?.[0]?.script.exec.join('\n')).toContain('answered as documented');
});

it('begins with signing up and ends with deleting the account', () => {
  expect(requests.at(0)?.name).toBe('Create an account');
  expect(requests.at(-1)?.name).toBe('Delete my account');
});

it('has the variables that its requests use', () => {
  const used = JSON.stringify(requests).matchAll(/\{\{(\w+)\}\}/g);
  const made = /variables\.set\('(\w+)'/g;
  const known = [
    ...collection.variable.map(({ key }) => key),
    ...[...JSON.stringify(collection.event).matchAll(made)].map(([, name]) => name),
  ];
  expect([...used].map(([, name]) => name).filter((name) => !known.includes(name))).toEqual([]);
});

it('leaves no parameter of a path without a value', () => {
  for (const { name, request } of requests) {
    for (const { value } of request?.url.variable ?? []) expect(value, name).not.toBe('');
  }
});
