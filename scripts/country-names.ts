import { COUNTRIES, type Country, findCountry } from '../src/http/countries.ts';
import { sortKey } from '../src/http/text.ts';

/** What people call a country beside its English name of today. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'czech republic': 'CZ',
  england: 'GB',
  'great britain': 'GB',
  holland: 'NL',
  korea: 'KR',
  macau: 'MO',
  'northern ireland': 'GB',
  'republic of korea': 'KR',
  'russian federation': 'RU',
  scotland: 'GB',
  turkey: 'TR',
  uae: 'AE',
  uk: 'GB',
  'united states of america': 'US',
  usa: 'US',
  'viet nam': 'VN',
  wales: 'GB',
};

const BY_NAME: ReadonlyMap<string, Country> = new Map(COUNTRIES.map((country) => [key(country.name), country]));

/** "U.S.A." is "USA" and "The Netherlands" are the "Netherlands". */
function key(name: string): string {
  return sortKey(name).replaceAll('.', '').trim().replace(/^the /, '');
}

/** The country that goes by this name, or has it for its code; undefined if none is known to. */
export function countryNamed(name: string): Country | undefined {
  const wanted = key(name);
  return BY_NAME.get(wanted) ?? findCountry(OTHER_NAMES[wanted] ?? wanted);
}
