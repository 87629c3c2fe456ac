/** Types of problems (RFC 9457) that this site's own server reports. */

/** phlo-api did not respond to a request that was passed on. */
export const API_UNREACHABLE = 'urn:observatory:api-unreachable'
