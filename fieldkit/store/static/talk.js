// The store's answers in words.

export async function said(answer) {
  const { detail } = await answer.json().catch(() => ({})) // a proxy in between speaks HTML
  return detail ?? `The store could not be asked (${answer.status}). Try again.`
}

export function tell(address, words) {
  return fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(words) })
}
