// Withdrawal by the code on a card, and the replies that a person deletes on X.
import { proof, said, tell } from './talk.js'

export function farewell() {
  const form = document.getElementById('withdrawing')
  form?.addEventListener('submit', async (event) => {
    event.preventDefault()
    const trouble = form.querySelector('.trouble')
    const done = form.querySelector('.done')
    const button = form.querySelector('[type=submit]')
    button.disabled = true
    trouble.hidden = true
    done.textContent = ''
    try {
      const answer = await tell('/withdrawals', { code: form.elements.code.value })
      if (!answer.ok) throw new Error(await said(answer))
      const { clips } = await answer.json()
      form.reset()
      done.textContent = clips
        ? 'Withdrawn: its files are deleted, and the laptops are told.'
        : 'Nothing here has this code. If it is right, its take is still on a laptop and will be refused and deleted.'
    } catch (error) {
      trouble.textContent = error instanceof TypeError ? 'The store can’t be reached; nothing is withdrawn yet. Try again.' : error.message
      trouble.hidden = false
    } finally {
      button.disabled = false
    }
  })
  document.addEventListener('click', async ({ target }) => {
    const number = target.dataset?.tookDown
    if (!number) return
    target.disabled = true
    const answer = await fetch(`/takedowns/${number}`, { method: 'DELETE', headers: proof }).catch(() => null)
    target.disabled = false
    if (answer?.ok) target.closest('li').remove()
    else target.textContent = 'Not noted: try again'
  })
}
