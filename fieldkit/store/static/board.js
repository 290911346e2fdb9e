// Decisions without a reload. A card is one take; a decision counts for each of its renditions.
'use strict'

document.documentElement.classList.add('scripted')

const by = document.getElementById('by')
if (by) {
  by.value = localStorage.getItem('by') ?? ''
  by.addEventListener('change', () => localStorage.setItem('by', by.value.trim()))
}

async function decide(card, decision, why) {
  const said = JSON.stringify({ decision, why, by: by.value.trim() })
  let taken = 0
  let trouble = ''
  for (const clip of card.dataset.clips.split(' ')) {
    const answer = await fetch(`${clip}/decisions`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: said })
    if (answer.ok) taken += 1
    else if (answer.status !== 409) trouble = (await answer.json()).detail // 409: this rendition is there already
    else trouble ||= taken ? '' : (await answer.json()).detail
  }
  if (trouble && !taken) throw new Error(trouble)
  show(card, decision, why)
}

function show(card, decision, why) {
  for (const mark of card.querySelectorAll('.files .decision')) mark.remove()
  const mark = card.querySelector('[data-decision]')
  mark.textContent = decision
  mark.className = `decision ${decision}`
  const reason = card.querySelector('[data-why]')
  reason.textContent = why
  reason.hidden = !why
  for (const button of card.querySelectorAll('.decide > button')) {
    button.hidden = decision === 'posted' || button.name === decision || (button.name === 'posted' && decision !== 'approved')
  }
}

for (const form of document.querySelectorAll('[data-decide]')) {
  const card = form.closest('.take')
  const reason = form.querySelector('.reason')
  const trouble = form.querySelector('.trouble')

  async function send(decision, why = '') {
    const buttons = form.querySelectorAll('button')
    for (const button of buttons) button.disabled = true
    trouble.hidden = true
    try {
      await decide(card, decision, why)
      form.reset()
    } catch (error) {
      trouble.textContent = error instanceof TypeError ? 'The store can’t be reached; nothing was decided. Try again.' : error.message
      trouble.hidden = false
    } finally {
      for (const button of buttons) button.disabled = false
    }
  }

  form.addEventListener('click', (event) => {
    const { name } = event.target
    if (name === 'retake') {
      reason.hidden = false
      form.elements.why.focus()
    } else if (event.target.matches('.decide > button')) send(name)
  })
  form.addEventListener('reset', () => { reason.hidden = true })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (form.elements.why.value.trim()) send('retake', form.elements.why.value.trim())
    else form.elements.why.focus()
  })
}
