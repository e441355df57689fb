/** Answers of these carry a fresh access token: whoever signs in on this page is signed in for the other calls too. */
const SIGN_IN = /\/api\/auth\/(?:signup|login|refresh)$/;

const ui = globalThis.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
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
