// The store's answers in words.

export async function said(answer) {
  const { detail } = await answer.json().catch(() => ({})) // a proxy in between speaks HTML
  return detail ?? `The store could not be asked (${answer.status}). Try again.`
}

// who signed in shows with every change that it comes from a page of this session
export const proof = { 'X-CSRF-Token': document.querySelector('meta[name=csrf]')?.content ?? '' }

export function tell(address, words) {
  const headers = { ...proof, 'Content-Type': 'application/json' }
  return fetch(address, { method: 'POST', headers, body: JSON.stringify(words) })
}
