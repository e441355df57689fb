import { expect, it } from 'vitest';
import { countryNamed } from '../../scripts/country-names.ts';

it.each([
  ['Germany', 'DE'],
  [' germany ', 'DE'],
  ['U.S.A.', 'US'],
  ['USA', 'US'],
  ['United States', 'US'],
  ['U.K.', 'GB'],
  ['UK', 'GB'],
  ['Scotland', 'GB'],
  ['Czech Republic', 'CZ'],
  ['Czechia', 'CZ'],
  ['Russia', 'RU'],
  ['Russian Federation', 'RU'],
  ['South Korea', 'KR'],
  ['Korea', 'KR'],
  ['Turkey', 'TR'],
  ['Türkiye', 'TR'],
  ['The Netherlands', 'NL'],
  ['Bosnia and Herzegovina', 'BA'],
  ['Hong Kong', 'HK'],
  ['Kosovo', 'XK'],
  ['Puerto Rico', 'PR'],
  ['Côte d’Ivoire', undefined],
  ['DE', 'DE'],
  ['Europe', undefined],
  ['', undefined],
])('%s is %s', (name, code) => {
  expect(countryNamed(name)?.code).toBe(code);
});
