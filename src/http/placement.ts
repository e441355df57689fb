/** Where whoever makes a request seems to be; what the platform tells of every request. */
export interface Origin {
  /** ISO 3166-1 alpha-2; `T1` for Tor, `XX` for unknown. */
  readonly country?: string | undefined;
  /** AF, AN, AS, EU, NA, OC or SA. */
  readonly continent?: string | undefined;
  /** Degrees east, as text. */
  readonly longitude?: string | undefined;
}

/** Every country of ISO 3166-1 but Antarctica, by the region that is nearest to most of its people. */
const COUNTRIES: Readonly<Partial<Record<DurableObjectLocationHint, string>>> = {
  wnam: 'MX',
  enam: 'US CA GL PM BM BS CU JM HT DO PR VI VG TC KY AG AI AW BB BL BQ CW DM GD GP KN LC MF MQ MS SX TT VC BZ CR GT HN NI PA SV',
  sam: 'AR BO BR CL CO EC FK GF GY PE PY SR UY VE GS BV',
  weur: 'AD AT BE CH DE DK ES FO FR GB GG GI IE IM IS IT JE LI LU MC MT NL NO PT SE SJ SM VA',
  eeur: 'AL AM AX AZ BA BG BY CY CZ EE FI GE GR HR HU KZ LT LV MD ME MK PL RO RS RU SI SK TR UA XK',
  me: 'AE BH IL IQ IR JO KW LB OM PS QA SA SY YE EG',
  afr: 'AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW',
  apac: 'AF BD BN BT CC CN CX HK ID IN IO JP KG KH KP KR LA LK MM MN MO MV MY NP PH PK SG TH TJ TL TM TW UZ VN',
  oc: 'AS AU CK FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS',
};

const HINT_OF_COUNTRY = new Map(
  Object.entries(COUNTRIES).flatMap(([hint, countries]) =>
    countries.split(' ').map((country) => [country, hint as DurableObjectLocationHint] as const),
  ),
);

const HINT_OF_CONTINENT: Readonly<Record<string, DurableObjectLocationHint>> = {
  AF: 'afr',
  AS: 'apac',
  EU: 'weur',
  NA: 'enam',
  OC: 'oc',
  SA: 'sam',
};

/** West of it, North America's nearest data centres are those at the Pacific. */
const MIDDLE_OF_NORTH_AMERICA = -100;
const WIDE_COUNTRIES: readonly string[] = ['US', 'CA'];

/**
 * The region in which an event's actor should live: that of the event's country, else where its organizer seems to be.
 * @param country of the event's venue; null: it has none
 * @returns undefined where nothing is known: the platform then takes what is near the request
 */
export function locationHint(country: string | null, origin: Origin): DurableObjectLocationHint | undefined {
  const place = country ?? origin.country;
  const hint = place === undefined ? undefined : HINT_OF_COUNTRY.get(place);
  // A wide country has two regions; an organizer who is in it is the best sign of which.
  if (hint === 'enam' && place === origin.country && WIDE_COUNTRIES.includes(place ?? '') && isWest(origin))
    return 'wnam';
  return hint ?? (country === null ? HINT_OF_CONTINENT[origin.continent ?? ''] : undefined);
}

function isWest({ longitude }: Origin): boolean {
  return longitude !== undefined && Number(longitude) < MIDDLE_OF_NORTH_AMERICA;
}
