/** Answers of these without a body (204) end the session: signing out, and deleting the account. */
const SIGN_OUT = /\/api\/(?:auth\/logout|me)$/;

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
  // Whoever signs in on this page is signed in for the other calls too, until the session is over.
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

/** Also when the token is refused (RFC 6750, 3.1): it would be so even where none is needed. */
function endsSession({ url, status, headers }) {
  const isRefused = status === 401 && headers['www-authenticate']?.includes('invalid_token');
  return isRefused || (status === 204 && SIGN_OUT.test(url));
}
