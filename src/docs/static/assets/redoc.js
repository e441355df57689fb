const font = 'system-ui, sans-serif';

globalThis.Redoc.init(
  '/openapi.json',
  {
    hideDownloadButton: false,
    expandResponses: '200,201',
    theme: {
      typography: { fontFamily: font, headings: { fontFamily: font } },
      colors: { primary: { main: '#0f766e' } },
    },
  },
  document.getElementById('redoc'),
);
