/** Answers of these carry a fresh access token: whoever signs in on this page is signed in for the other calls too. */
const SIGN_IN = /\/api\/auth\/(?:signup|login|refresh)$/;

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
    const token = SIGN_IN.test(response.url) && response.ok ? response.body?.access_token : undefined;
    if (token !== undefined) {
      ui.authActions.authorizeWithPersistOption({
        bearerAuth: { name: 'bearerAuth', schema: { type: 'http', scheme: 'bearer' }, value: token },
      });
    }
    return response;
  },
});
