/** Whoever signs in on this page is signed in for the other calls too, until they sign out. */
const END = /\/api\/(?:auth\/logout|me)$/;
/** What is refused with 401 without looking at the token. */
const WITHOUT_TOKEN = /\/api\/auth\/(?:login|refresh)$/;

/**
 * Shows the document without examples of what may be left out: they would be filled in and sent, and a made-up cursor
 * or version is refused, while a key that is always the same repeats what was done first.
 */
const leaveOptionalParametersEmpty = {
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (show) => (document) => show(withoutOptionalExamples(document)) } },
  },
};

function withoutOptionalExamples(document) {
  const shown = structuredClone(document);
  const operations = Object.values(shown.paths ?? {}).flatMap((path) => Object.values(path));
  for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
    if (parameter.required) continue;
    delete parameter.example;
    delete parameter.schema.example;
  }
  return shown;
}

const ui = globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  plugins: [leaveOptionalParametersEmpty],
  responseInterceptor: (response) => {
    const token = response.ok ? response.body?.access_token : undefined;
    if (token !== undefined) {
      ui.authActions.authorizeWithPersistOption({
        bearerAuth: { name: 'bearerAuth', schema: { type: 'http', scheme: 'bearer' }, value: token },
      });
    } else if (endsSession(response)) {
      ui.authActions.logoutWithPersistOption(['bearerAuth']);
    }
    return response;
  },
});

/** A token that is over would be refused even where none is needed; that of an account without a body is its end. */
function endsSession({ url, status }) {
  return (status === 401 && !WITHOUT_TOKEN.test(url)) || (status === 204 && END.test(url));
}
