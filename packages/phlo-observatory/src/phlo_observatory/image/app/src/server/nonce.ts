/** The header by which the server tells the page's rendering which nonce its scripts carry; no client can set it. */
export const NONCE_HEADER = 'x-observatory-nonce'
