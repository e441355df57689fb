/** The commands on the start page address the server that the page came from. */
for (const place of document.querySelectorAll('[data-origin]')) place.textContent = location.origin;
