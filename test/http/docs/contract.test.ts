import { expect, it } from 'vitest';
import { assertContract, findOperation, type OpenApi, schemaErrors } from '../../support/contract.ts';

const SEAT = { type: 'object', properties: { row: { type: 'integer' } }, required: ['row'] } as const;
const API = {
  openapi: '3.1.0',
  tags: [],
  components: { schemas: { Seat: SEAT } },
  paths: {
    '/seats/{id}': {
      get: {
        operationId: 'getSeat',
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Seat' } } } },
          204: {},
          409: {
            content: {
              'application/problem+json': {
                schema: { type: 'object', properties: { code: { type: 'string', enum: ['sold_out'] } } },
              },
            },
          },
        },
      },
    },
    '/seats/best': { get: { operationId: 'getBestSeat', responses: {} } },
  },
} as unknown as OpenApi;

const JSON_TYPE = 'application/json; charset=UTF-8';
const PROBLEM_TYPE = 'application/problem+json';

function check(status: number, contentType: string | null, body: unknown, path = '/seats/7?x=1') {
  const text = body === undefined ? '' : JSON.stringify(body);
  return () => assertContract(API, { method: 'GET', path, status, contentType, text });
}

it('lets a documented answer pass', () => {
  expect(check(200, JSON_TYPE, { row: 1 })).not.toThrow();
  expect(check(204, null, undefined)).not.toThrow();
  expect(check(409, PROBLEM_TYPE, { code: 'sold_out' })).not.toThrow();
  expect(check(404, PROBLEM_TYPE, { code: 'route_not_found' }, '/nowhere')).not.toThrow();
});

it('refuses a path, status, content type, code, body or member that is not documented', () => {
  expect(check(200, JSON_TYPE, {}, '/nowhere')).toThrow('no such path and method');
  expect(check(201, JSON_TYPE, { row: 1 })).toThrow('only 200, 204, 409');
  expect(check(200, 'text/plain', { row: 1 })).toThrow('as "text/plain"');
  expect(check(204, JSON_TYPE, {})).toThrow('no body');
  expect(check(409, PROBLEM_TYPE, { code: 'too_late' })).toThrow('#/code');
  expect(check(200, JSON_TYPE, { row: 'one' })).toThrow('#/row');
  expect(check(200, JSON_TYPE, {})).toThrow('required property "row"');
  expect(check(200, JSON_TYPE, { row: 1, secret: 1 })).toThrow('"secret"');
});

it('knows members of a composition and refuses others', () => {
  const schema = {
    anyOf: [
      {
        allOf: [{ $ref: '#/components/schemas/Seat' }, { type: 'object', properties: { price: { type: 'integer' } } }],
      },
      { type: 'null' },
    ],
  };
  expect(schemaErrors(API, schema as never, { row: 1, price: 2 })).toEqual([]);
  expect(schemaErrors(API, schema as never, null)).toEqual([]);
  expect(schemaErrors(API, schema as never, { row: 1, price: 2, secret: 3 })).not.toEqual([]);
});

it('prefers fixed parts of a path to parameters', () => {
  expect(findOperation(API, 'GET', '/seats/best')?.operationId).toBe('getBestSeat');
  expect(findOperation(API, 'HEAD', '/seats/7/')?.operationId).toBe('getSeat');
  expect(findOperation(API, 'POST', '/seats/7')).toBeUndefined();
});
