-- Round 7 of suppression: macro hide_more.
{{ hide_more(ref('int_suppression_6')) }}
