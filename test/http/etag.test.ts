import { expect, it } from 'vitest';
import { clientHas, ifMatchVersions } from '../../src/http/etag.ts';

it.each([
  [undefined, null],
  ['*', null],
  [' * ', null],
  ['"3"', [3]],
  ['"3-17"', [3]],
  ['"3-17-upcoming"', [3]],
  ['W/"3-17"', [3]],
  ['"3-17", "4-20"', [3, 4]],
  ['"3-17","3-18"', [3]],
  ['"with, comma", W/"5"', [5]],
  ['', []],
  ['3', []],
  ['"3', []],
  ['"x3"', []],
  ['"3x"', []],
  ['"0"', []],
  ['"-1"', []],
  ['"99999999999999999999"', []],
  ['""', []],
])('If-Match %s lets the versions %j through', (header, versions) => {
  expect(ifMatchVersions(header)).toEqual(versions);
});

it.each([
  [undefined, false],
  ['*', true],
  ['"1-2"', true],
  ['W/"1-2"', true],
  ['"1-1", "1-2"', true],
  ['"1-1"', false],
  ['"1"', false],
  ['1-2', false],
  ['', false],
])('If-None-Match %s means that the client has "1-2": %s', (header, has) => {
  expect(clientHas(header, '"1-2"')).toBe(has);
});
