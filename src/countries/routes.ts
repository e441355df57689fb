import { createRoute, z } from '@hono/zod-openapi';
import { json } from '../http/bodies.ts';
import { COUNTRIES, findCountry } from '../http/countries.ts';
import { decodeCursor, listName, pageOf } from '../http/cursor.ts';
import { listOf, pageQuery } from '../http/fields.ts';
import { Problem, problems } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import { line, sortKey } from '../http/text.ts';

const QUERY_LENGTH_MAX = 100;
/** The list changes about once in some years; a day without asking again harms nobody. */
const CACHE_CONTROL = 'public, max-age=86400';

const countryJson = z
  .object({
    code: z.string().openapi({ description: 'ISO 3166-1 alpha-2.', example: 'DE' }),
    name: z.string().openapi({ description: 'In English.', example: 'Germany' }),
  })
  .openapi('Country');

const countryList = listOf(countryJson).openapi('CountryList');

const tags = ['Countries'];

const listCountries = createRoute({
  method: 'get',
  path: '/countries',
  operationId: 'listCountries',
  summary: 'List the countries',
  description: 'Those of ISO 3166-1 and Kosovo, by name.',
  tags,
  security: [],
  request: {
    query: z.strictObject({
      q: line(QUERY_LENGTH_MAX)
        .optional()
        .openapi({ description: 'Part of the name, or the code.', example: 'german' }),
      ...pageQuery,
    }),
  },
  responses: {
    200: { description: 'The countries.', content: json(countryList) },
    ...problems('validation_failed'),
  },
});

const getCountry = createRoute({
  method: 'get',
  path: '/countries/{code}',
  operationId: 'getCountry',
  summary: 'Read a country',
  description: 'By its code, in either case.',
  tags,
  security: [],
  request: {
    params: z.object({ code: z.string().openapi({ description: 'ISO 3166-1 alpha-2.', example: 'DE' }) }),
  },
  responses: {
    200: { description: 'The country.', content: json(countryJson) },
    ...problems('country_not_found'),
  },
});

/** The slice of countries: reference data that never changes while the Worker runs. */
export const countries = createRouter()
  .openapi(listCountries, (c) => {
    const { q, limit, cursor } = c.req.valid('query');
    const list = listName('countries', { q });
    const after = decodeCursor(list, ['string'], cursor)?.[0];
    const wanted = sortKey(q ?? '');
    const found = COUNTRIES.filter(({ code, name }) => sortKey(name).includes(wanted) || code.toLowerCase() === wanted);
    c.header('cache-control', CACHE_CONTROL);
    const first = found.findIndex(({ code }) => code === after) + 1;
    const page = pageOf(list, found.slice(first, first + limit + 1), limit, ({ code }) => [code]);
    return c.json({ items: [...page.rows], next_cursor: page.nextCursor }, 200);
  })
  .openapi(getCountry, (c) => {
    const country = findCountry(c.req.valid('param').code);
    if (country === undefined) throw new Problem('country_not_found');
    c.header('cache-control', CACHE_CONTROL);
    return c.json(country, 200);
  });
