// The bearer token: in sessionStorage and nowhere else, so that closing the tab forgets it.

const KEY = "accessgraph-token";

export const hasToken = () => sessionStorage.getItem(KEY) !== null;
export const keepToken = (token) => sessionStorage.setItem(KEY, token.trim().replace(/^Bearer\s+/i, ""));
export const forgetToken = () => sessionStorage.removeItem(KEY);

/** The header that says who asks; nothing where there is no token. */
export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}
